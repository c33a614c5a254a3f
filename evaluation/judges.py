"""Judged measures: a language model's opinion, under its own name, beside the measures.

LlamaIndex's FaithfulnessEvaluator (does the context support the answer?) and CorrectnessEvaluator
(1 to 5 against an expected answer; 4 and more is correct), with prompts of our own handed over as
templates and a reader of our own for the score: the evaluators' own trip over short verdicts. A
verdict that cannot be had or read is counted, never guessed.

Agreement with the deterministic measures: the share of answers on which both say the same, and
Cohen's kappa (1960), which takes out what chance would give.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evaluation.data import Question
from evaluation.measures import score
from evaluation.runs import Run, Step
from evaluation.stats import bootstrap
from rag import DossierError, Settings

if TYPE_CHECKING:
    from llama_index.core.evaluation import EvaluationResult
    from llama_index.core.llms import LLM
    from openai import DefaultAsyncHttpxClient as AsyncClient

__all__ = ["agreement", "judge_run", "read_score"]

CORRECT = 4.0

_FAITHFULNESS = """\
Below are quotations from news articles and one answer that was made from them. Does the context \
support everything that the answer states? Reply with one word, YES or NO.
Answer: {query_str}
Context: {context_str}
Reply: """
_REFINE = """\
An earlier reply was {existing_answer}. Here is more context. Does the context support everything \
that the answer states? Reply with one word, YES or NO.
Answer: {query_str}
Context: {context_msg}
Reply: """
_CORRECTNESS = """\
Grade an answer to a question against the expected answer: 5 fully correct, 4 correct with \
needless or missing detail, 3 partly correct, 2 hardly correct, 1 wrong. Extra true sentences do \
not lower the grade. Reply with the number first, then one sentence of reasons.
Question: {query}
Expected: {reference_answer}
Answer: {generated_answer}
Grade: """
_YES_NO = re.compile(r"\b(?:yes|no)\b")
_SCORE = re.compile(r"(?<![\d.])([1-5](?:\.\d)?)(?![\d])")


def read_score(text: str) -> tuple[float | None, str | None]:
    """The first number from 1 to 5 in a verdict, and the verdict."""
    match = _SCORE.search(text)
    return (float(match[1]) if match else None), text.strip() or None


def open_judge(settings: Settings, client: "AsyncClient") -> "LLM":
    """The model that the settings name, over a connection that the caller closes."""
    from llama_index.llms.openai_like import OpenAILike

    key = settings.openai_api_key
    model: LLM = OpenAILike(
        model=settings.openai_model,
        api_base=settings.openai_base_url or "https://api.openai.com/v1",
        api_key=(key.get_secret_value() if key else "") or "none",
        context_window=settings.context_tokens,
        is_chat_model=True,
        max_tokens=200,
        temperature=0.0,
        timeout=settings.timeout,
        max_retries=1,
        async_http_client=client,  # type: ignore[call-arg]  # a field of its base
    )
    return model


def judge_run(run: Run, settings: Settings, *, step: Step | None = None) -> dict[str, Any]:
    """Judge every answer of a run; the verdicts go to judged.jsonl, the figures to summary.json."""
    if not settings.model_configured:
        raise DossierError("--judge needs a language model: set OPENAI_API_KEY or OPENAI_BASE_URL")
    scope = run.records[0]["scope"]  # "own" where there is a "pooled" too
    mine = [record for record in run.records if record["scope"] == scope]
    given = [r for r in mine if r["answer"] and r["answer"]["status"] != "not_found"]
    verdicts = asyncio.run(_judge_all(given, run.questions, settings, step))
    failed = sum(value is None for verdict in verdicts for value in verdict.values())
    read = [{k: v for k, v in verdict.items() if v is not None} for verdict in verdicts]
    return _keep(run, settings.openai_model, read, failed)


async def _judge_all(
    records: Sequence[Mapping[str, Any]],
    questions: Mapping[str, Question],
    settings: Settings,
    step: Step | None,
) -> list[dict[str, Any]]:
    """The verdicts on each record, None where one is missing. The evaluators are asynchronous."""
    from llama_index.core import PromptTemplate
    from llama_index.core.evaluation import CorrectnessEvaluator, FaithfulnessEvaluator
    from openai import DefaultAsyncHttpxClient

    verdicts = []
    async with DefaultAsyncHttpxClient() as client:
        model = open_judge(settings, client)
        faithfulness = FaithfulnessEvaluator(
            llm=model,
            eval_template=PromptTemplate(_FAITHFULNESS),
            refine_template=PromptTemplate(_REFINE),
        )
        correctness = CorrectnessEvaluator(
            llm=model,
            eval_template=PromptTemplate(_CORRECTNESS),
            score_threshold=CORRECT,
            parser_function=read_score,
        )
        for number, record in enumerate(records, 1):
            answer, question = record["answer"], questions[record["qid"]]
            said = " ".join(sentence["text"] for sentence in answer["sentences"])
            verdict: dict[str, Any] = {"key": record["key"]}
            if quotes := [citation["quote"] for citation in answer["citations"]]:
                verdict["faithful"] = await _verdict(
                    faithfulness.aevaluate(response=said, contexts=quotes)
                )
            if question.answers:
                verdict["correct"] = await _verdict(
                    correctness.aevaluate(
                        query=question.question,
                        response=said,
                        reference=" / ".join(question.answers),
                    )
                )
            verdicts.append(verdict)
            if step:
                step(number, len(records))
    return verdicts


async def _verdict(evaluation: Awaitable["EvaluationResult"]) -> bool | None:
    """Whether the judge said yes; None where it did not answer, or not readably."""
    try:
        result = await evaluation
    except Exception:  # noqa: BLE001  whatever the client raises, the verdict is missing
        return None
    said = (result.feedback or "").strip().lower()
    if result.passing is None or not said:
        return None
    graded = bool(_SCORE.search(said)) or bool(_YES_NO.search(said))
    return bool(result.passing) if graded else None


def _keep(run: Run, judge: str, verdicts: list[dict[str, Any]], failed: int) -> dict[str, Any]:
    lines = (json.dumps({"judge": judge, **verdict}) + "\n" for verdict in verdicts)
    (run.folder / "judged.jsonl").write_text("".join(lines), encoding="utf-8")
    by_key = {
        record["key"]: scores
        for record, scores in zip(run.records, score(run.records, run.questions), strict=True)
    }
    figures, rows = {}, []
    for name, measure in (("faithful", "citation_recall"), ("correct", "value_in_answer")):
        held = [verdict for verdict in verdicts if name in verdict]
        if not held:
            continue
        found = bootstrap([float(verdict[name]) for verdict in held])
        figures[name] = {
            "value": found.value, "low": found.low, "high": found.high, "n": found.n,
        }  # fmt: skip
        both = [
            (bool(verdict[name]), by_key[verdict["key"]][measure] >= 1)
            for verdict in held
            if measure in by_key[verdict["key"]]
        ]
        if both:
            share, kappa = agreement(both)
            rows.append(
                {
                    "judged": name,
                    "deterministic": measure,
                    "agreement": share,
                    "kappa": kappa,
                    "n": len(both),
                }
            )
    judged = {"judge": judge, "figures": figures, "agreement": rows, "failed": failed}
    run.summary["judged"] = judged
    text = json.dumps(run.summary, ensure_ascii=False, indent=1)
    (run.folder / "summary.json").write_text(text + "\n", encoding="utf-8")
    return judged


def agreement(pairs: Sequence[tuple[bool, bool]]) -> tuple[float, float]:
    """The share of pairs that agree, and Cohen's kappa = (share - chance) / (1 - chance).

    Where chance alone gives full agreement (both always say the same), kappa is 0.
    """
    count = len(pairs)
    share = sum(first == second for first, second in pairs) / count
    first_yes = sum(first for first, _ in pairs) / count
    second_yes = sum(second for _, second in pairs) / count
    chance = first_yes * second_yes + (1 - first_yes) * (1 - second_yes)
    return share, (share - chance) / (1 - chance) if chance < 1 else 0.0
