"""From the files that the field uses to the one format of `evaluation.data`.

Each converter gives plain records (documents, questions); `convert` writes them to a new folder,
and only when all of them are right: nothing is left half written.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from evaluation.data import DataError, Dataset, load_dataset, read_lines

__all__ = ["CONVERTERS", "convert", "ramdocs"]

Record = dict[str, Any]
Records = tuple[list[Record], list[Record]]


def convert(kind: str, source: Path, target: Path) -> Dataset:
    """Write `source` in the one format to the folder `target`, which must not be there yet."""
    if kind not in CONVERTERS:
        raise DataError(f"{kind}: no such kind of data (there are {', '.join(CONVERTERS)})")
    if not source.exists():
        raise DataError(f"{source}: no such file or folder")
    if target.exists():
        raise DataError(f"{target}: is there already; give a new folder")
    try:
        documents, questions = CONVERTERS[kind](source)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise DataError(f"{source}: not {kind} data ({type(error).__name__}: {error})") from error
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as made:
        folder = Path(made, target.name)
        folder.mkdir()
        for name, records in (("docs", documents), ("questions", questions)):
            lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in records)
            Path(folder, f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
        dataset = load_dataset(folder)  # what cannot be read again is not kept
        shutil.move(folder, target)
    return dataset


def squad(source: Path) -> Records:
    """SQuAD 1.1, 2.0 and XQuAD: one JSON file of titled articles, each of paragraphs."""
    documents, questions = [], []
    for article in _json(source)["data"]:
        title = str(article.get("title") or "")
        for number, paragraph in enumerate(article["paragraphs"]):
            doc_id = f"{title or 'untitled'}#{number}"
            documents.append(_document(doc_id, paragraph["context"], title=title.replace("_", " ")))
            for item in paragraph["qas"]:
                answerable = not item.get("is_impossible", False)
                questions.append(
                    _question(
                        item["id"],
                        item["question"],
                        answers=[one["text"] for one in item["answers"]] if answerable else [],
                        answerable=answerable,
                        gold_doc_ids=[doc_id] if answerable else [],
                        type="span" if answerable else "unanswerable",
                    )
                )
    return documents, questions


def beir(source: Path) -> Records:
    """BEIR: corpus.jsonl, queries.jsonl and qrels/test.tsv (dev or train where there is no test).

    It has no answers: only retrieval can be measured. Queries without a judgement are left out.
    """
    documents = [
        _document(item["_id"], item.get("text") or item["title"], title=item.get("title") or "")
        for _, item in read_lines(source / "corpus.jsonl")
    ]
    splits = [source / "qrels" / f"{name}.tsv" for name in ("test", "dev", "train")]
    path = next((split for split in splits if split.is_file()), None)
    if path is None:
        raise DataError(f"{source / 'qrels'}: neither test.tsv, dev.tsv nor train.tsv")
    gold: dict[str, list[str]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        parts = line.split("\t")
        if number == 1 and parts[-1] == "score":
            continue
        if len(parts) != 3 or not parts[2].strip().lstrip("-").isdigit():
            raise DataError(f"{path}, line {number}: not query, document and score")
        if int(parts[2]) > 0:
            gold.setdefault(parts[0], []).append(parts[1])
    questions = [
        _question(item["_id"], item["text"], gold_doc_ids=gold[item["_id"]], type="retrieval")
        for _, item in read_lines(source / "queries.jsonl")
        if item["_id"] in gold
    ]
    return documents, questions


def realtimeqa(source: Path) -> Records:
    """RealTimeQA: NAME_qa.jsonl, with NAME_gold.jsonl (articles that a person linked) where there
    is one, and the articles of the search results in NAME_gcs.jsonl.
    """
    paths = sorted(source.glob("*_qa.jsonl"))
    if not paths:
        raise DataError(f"{source}: no file NAME_qa.jsonl")
    documents: dict[str, Record] = {}
    gold: dict[str, list[str]] = {}
    for path in paths:
        for kind in ("gold", "gcs"):
            results = path.with_name(path.name.replace("_qa.", f"_{kind}."))
            for _, item in read_lines(results) if results.is_file() else ():
                for found in item["search_result"]:
                    doc_id = str(found.get("url") or found.get("doc_id") or "").strip()
                    if not doc_id or not (found.get("text") or "").strip():
                        continue
                    source_name = urlsplit(doc_id).netloc.removeprefix("www.")
                    documents.setdefault(
                        doc_id,
                        _document(
                            doc_id,
                            found["text"],
                            title=found.get("title") or "",
                            date=found.get("publish_date") or "",
                            source=source_name,
                            url=doc_id if source_name else "",
                        ),
                    )
                    if kind == "gold":
                        gold.setdefault(item["question_id"], []).append(doc_id)
    questions = [
        _question(
            item["question_id"],
            item["question_sentence"],
            answers=[item["choices"][int(index)].strip("“”\"' ") for index in item["answer"]],
            gold_doc_ids=gold.get(item["question_id"], []),
            type="news-quiz",
        )
        for path in paths
        for _, item in read_lines(path)
    ]
    return list(documents.values()), questions


def ramdocs(source: Path) -> Records:
    """RAMDocs: a file of items, or a folder with items.jsonl.

    Every gold answer is to be shown, and no wrong one.
    """
    path = source / "items.jsonl" if source.is_dir() else source
    documents, questions = [], []
    for number, (where, item) in enumerate(read_lines(path)):
        try:
            own = [f"ramdocs-{number}-{index}" for index in range(len(item["documents"]))]
            for doc_id, document in zip(own, item["documents"], strict=True):
                documents.append(_document(doc_id, document["text"]))
            kinds = [document["type"] for document in item["documents"]]
            gold = {answer.casefold() for answer in item["gold_answers"]}
            wrong = [one for one in item.get("wrong_answers", ()) if one.casefold() not in gold]
            questions.append(
                _question(
                    f"ramdocs-{number}",
                    item["question"],
                    answers=item["gold_answers"],
                    values=item["gold_answers"],
                    wrong_values=wrong,
                    gold_doc_ids=[
                        i for i, kind in zip(own, kinds, strict=True) if kind == "correct"
                    ],
                    doc_ids=own,
                    type="disagree" if len(item["gold_answers"]) > 1 else "fact",
                )
            )
        except (KeyError, TypeError) as error:
            raise DataError(f"{where}: not an item of RAMDocs ({error})") from error
    return documents, questions


def rgb(source: Path) -> Records:
    """RGB (en.json, en_refine.json, en_int.json): a query with positive and negative passages."""
    documents, questions = [], []
    for where, item in read_lines(source):
        try:
            qid = f"rgb-{item['id']}"
            own, gold = [], []
            for kind in ("positive", "negative"):
                for index, text in enumerate(_flat(item[kind])):
                    if not text.strip():
                        continue
                    own.append(f"{qid}-{kind}-{index}")
                    documents.append(_document(own[-1], text))
                    gold += [own[-1]] if kind == "positive" else []
            answers = item["answer"] if isinstance(item["answer"], list) else [item["answer"]]
            # Nested: several parts, each with its spellings; all of the parts are wanted.
            nested = any(isinstance(part, list) for part in answers)
            firsts = [part[0] if isinstance(part, list) else part for part in answers]
            questions.append(
                _question(
                    qid,
                    item["query"],
                    answers=list(_flat(answers)),
                    assertions=firsts if nested and len(firsts) > 1 else [],
                    gold_doc_ids=gold,
                    doc_ids=own,
                    type="integration" if nested and len(firsts) > 1 else "fact",
                )
            )
        except (KeyError, TypeError, IndexError) as error:
            raise DataError(f"{where}: not an item of RGB ({error})") from error
    return documents, questions


def clapnq(source: Path) -> Records:
    """CLAP NQ: a file, or a folder of clapnq_*answerable.jsonl; each question has one passage."""
    paths = sorted(source.glob("clapnq_*answerable.jsonl")) if source.is_dir() else [source]
    if not paths:
        raise DataError(f"{source}: no file clapnq_*answerable.jsonl")
    documents, questions = [], []
    for path in paths:
        for where, item in read_lines(path):
            try:
                passage, doc_id = item["passages"][0], f"clapnq-{item['id']}"
                answers = [one["answer"] for one in item["output"] if one["answer"].strip()]
                documents.append(
                    _document(doc_id, passage["text"], title=passage["title"], source="Wikipedia")
                )
                questions.append(
                    _question(
                        item["id"],
                        item["input"],
                        answers=answers,
                        answerable=bool(answers),
                        gold_doc_ids=[doc_id] if answers else [],
                        doc_ids=[doc_id],
                        type="longform" if answers else "unanswerable",
                    )
                )
            except (KeyError, TypeError, IndexError) as error:
                raise DataError(f"{where}: not an item of CLAP NQ ({error})") from error
    return documents, questions


CONVERTERS: Mapping[str, Callable[[Path], Records]] = {
    "beir": beir,
    "clapnq": clapnq,
    "ramdocs": ramdocs,
    "realtimeqa": realtimeqa,
    "rgb": rgb,
    "squad": squad,
    "xquad": squad,
}


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a JSON file ({error})") from error


def _document(doc_id: str, text: str, **more: str) -> Record:
    return {
        "doc_id": doc_id,
        "title": "",
        "date": "",
        "source": "",
        "url": "",
        **more,
        "text": text,
    }


def _question(qid: str, question: str, **more: Any) -> Record:
    return {"qid": str(qid), "question": question, "answers": [], "answerable": True, **more}


def _flat(items: Sequence[Any]) -> Iterator[str]:
    for item in items:
        if isinstance(item, list):
            yield from _flat(item)
        else:
            yield item
