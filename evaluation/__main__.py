"""The command: python -m evaluation run|sweep|compare|show|convert|gate."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from platformdirs import user_cache_path
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from evaluation.data import load_dataset, load_questions
from rag import Archive, DossierError, Settings, load_settings

__all__ = ["main"]


def _out(text: str) -> None:
    sys.stdout.write(f"{text}\n")


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A bar with the time left on standard error, told (what, done, of)."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as bar:
        tasks: dict[str, int] = {}

        def told(what: str, done: int, total: int) -> None:
            task = tasks.setdefault(what, len(tasks))
            if task == len(bar.tasks):
                bar.add_task(what, total=total)
            bar.update(bar.task_ids[task], completed=done, total=total)

        yield told


def settings_of(given: Sequence[str]) -> Settings:
    """Settings of NAME=VALUE pairs; DossierError where there is no such setting."""
    pairs: dict[str, object] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or name not in Settings.model_fields:
            known = ", ".join(sorted(Settings.model_fields))
            raise DossierError(f"--set {pair}: not NAME=VALUE with a setting ({known})")
        pairs[name] = value
    return load_settings(**pairs)


def _run(given: argparse.Namespace) -> int:
    from evaluation.report import figure_table, write_report
    from evaluation.runs import Prices, run_dataset

    settings = settings_of(given.set)
    system = given.baseline or "dossier"
    with ExitStack() as opened:
        archive = None
        if given.archive:
            archive = opened.enter_context(Archive.open(given.archive, settings=settings))
            dataset = load_questions(given.data)
        else:
            dataset = load_dataset(given.data, articles=given.articles)
        told = opened.enter_context(_progress(quiet=given.quiet))
        run = run_dataset(
            dataset,
            settings,
            folder=given.out,
            home=given.cache,
            archive=archive,
            system=system,
            prices=Prices(*given.price) if given.price else None,
            report=told,
            step=lambda done, total: told("asking", done, total),
        )
        if given.judge:
            from evaluation.judges import judge_run

            judge_run(run, settings, step=lambda done, total: told("judging", done, total))
    path = write_report(run)
    for scope, part in run.summary["scopes"].items():
        _out(f"{run.name}, {scope}: {part['questions']} questions")
        _out("\n".join(figure_table(part["figures"])))
    for doc_id, reason in run.summary["lost"].items():
        sys.stderr.write(f"not read: {doc_id} ({reason})\n")
    _out(f"\nReport: {path}")
    return 0


def _sweep(given: argparse.Namespace) -> int:
    from evaluation.sweep import sliced, sweep, table

    dataset = load_dataset(given.data, articles=given.articles)
    with _progress(quiet=given.quiet) as told:
        rows = sweep(
            sliced(dataset, given.slice) if given.slice else dataset,
            settings_of(given.set),
            home=given.cache,
            names=given.only,
            kind=given.kind,
            sample=given.sample,
            half=given.half,
            step=told,
        )
    _out("\n".join(table(rows)))
    return 0


def _compare(given: argparse.Namespace) -> int:
    from evaluation.outcomes import compare_runs
    from evaluation.report import comparison_table
    from evaluation.runs import load_run

    first, second = load_run(given.first), load_run(given.second)
    rows_by_scope = compare_runs(first, second)
    _out(f"first: {first.name} ({given.first})\nsecond: {second.name} ({given.second})\n")
    for scope, rows in rows_by_scope.items():
        _out("\n".join([f"{scope}:", *comparison_table(rows), ""]))
    return 0


def _show(given: argparse.Namespace) -> int:
    from evaluation.report import write_report
    from evaluation.runs import load_run

    _out(write_report(load_run(given.run)).read_text(encoding="utf-8"))
    return 0


def _convert(given: argparse.Namespace) -> int:
    from evaluation.convert import convert

    made = convert(given.kind, given.source, given.target)
    _out(f"{given.target}: {len(made.documents)} articles, {len(made.questions)} questions")
    return 0


def _gate(given: argparse.Namespace) -> int:
    from evaluation.gate import gate

    with _progress(quiet=given.quiet) as told:
        passed, text = gate(
            record=given.record, step=lambda done, total: told("asking", done, total)
        )
    _out(text)
    return 0 if passed else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evaluation", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="ask every question of a data set and measure")
    _add_data(run)
    run.add_argument(
        "--archive", type=Path, help="ask this archive; of --data only the questions are read"
    )
    run.add_argument("--baseline", choices=["bm25", "dense", "fused", "llamaindex"])
    run.add_argument("--out", type=Path, help="folder of the run (default: a new one in runs)")
    run.add_argument("--judge", action="store_true", help="let the language model judge as well")
    run.add_argument(
        "--price", type=float, nargs=2, metavar=("READ", "WRITTEN"), help="of a million tokens"
    )
    run.set_defaults(do=_run)

    sweep = commands.add_parser("sweep", help="ways to retrieve, side by side")
    _add_data(sweep)
    sweep.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="a configuration; repeatable"
    )
    kinds = sweep.add_mutually_exclusive_group()
    kinds.add_argument(
        "--cuts",
        dest="kind",
        action="store_const",
        const="cuts",
        default="ways",
        help="ways to cut and embed: each embeds the articles anew",
    )
    kinds.add_argument(
        "--by-model",
        dest="kind",
        action="store_const",
        const="by model",
        help="searches that a language model helps to write",
    )
    sweep.add_argument(
        "--sample",
        type=int,
        default=0,
        metavar="N",
        help="so many of the questions, always the same",
    )
    sweep.add_argument(
        "--slice",
        type=int,
        default=0,
        metavar="N",
        help="only so many articles, and the questions whose gold articles are among them",
    )
    sweep.add_argument("--half", choices=["all", "first", "second"], default="all")
    sweep.set_defaults(do=_sweep)

    compare = commands.add_parser("compare", help="two runs, paired by question")
    compare.add_argument("first", type=Path)
    compare.add_argument("second", type=Path)
    compare.set_defaults(do=_compare)

    show = commands.add_parser("show", help="the report of a run")
    show.add_argument("run", type=Path)
    show.set_defaults(do=_show)

    convert = commands.add_parser("convert", help="other data to the one format")
    convert.add_argument("kind", help="squad, xquad, beir, realtimeqa, ramdocs, rgb or clapnq")
    convert.add_argument("source", type=Path)
    convert.add_argument("target", type=Path)
    convert.set_defaults(do=_convert)

    gate = commands.add_parser("gate", help="the golden set against its floors")
    gate.add_argument("--record", action="store_true", help="make today's figures the floors")
    gate.add_argument("--quiet", action="store_true")
    gate.set_defaults(do=_gate)
    return parser


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, required=True, help="folder of the data set, or a file of questions"
    )
    parser.add_argument("--articles", type=Path, help="folder of articles, instead of docs.jsonl")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument(
        "--cache", type=Path, default=user_cache_path("dossier") / "evaluation",
        help="folder where archives are kept (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--quiet", action="store_true")


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 1 where nothing could be done or the gate fails, 2 on bad usage."""
    given = _parser().parse_args(arguments)
    try:
        return int(given.do(given))
    except (DossierError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
