"""Sets of questions that belong to an archive: files in a folder, the golden set beside them.

    NAME.jsonl                        questions, asked of the archive
    NAME/questions.jsonl, docs.jsonl  the same with articles of their own
    from-answers.jsonl                questions that were added one by one

docs/evaluation.md has the format. What is written is whole or not there, and one at a time.
"""

import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from itertools import count
from pathlib import Path

from filelock import FileLock

from evaluation.data import (
    DataError,
    Dataset,
    Question,
    load_dataset,
    load_questions,
    question_of,
)
from evaluation.gate import ARTICLES, GOLDEN

__all__ = [
    "FROM_ANSWERS",
    "QuestionSet",
    "add_question",
    "added_questions",
    "keep_set",
    "question_sets",
    "remove_question",
]

FROM_ANSWERS = "from-answers"
"""The set that questions are added to."""
_GOLDEN = "golden"
_QUESTIONS, _DOCS = "questions.jsonl", "docs.jsonl"
_PATIENCE = 10.0  # seconds that another writer may take
_LONGEST = 2_000
"""Characters of a question that is added, as of one in the chat."""


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A set of questions. `articles` is a folder of articles that go with it, outside its own."""

    name: str
    path: Path
    articles: Path | None = None

    @property
    def has_articles(self) -> bool:
        """Whether it can be asked of articles of its own."""
        return self.articles is not None or (self.path / _DOCS).is_file()

    def load(self, *, own_articles: bool) -> Dataset:
        """Its questions, with its own articles or to be asked of an archive. Raises DataError."""
        if own_articles:
            return replace(load_dataset(self.path, articles=self.articles), name=self.name)
        return replace(load_questions(self.path), name=self.name)


def question_sets(folder: Path) -> list[QuestionSet]:
    """The golden set, then those in a folder by name. They are not read."""
    found = [QuestionSet(_GOLDEN, GOLDEN, ARTICLES)]
    if not folder.is_dir():
        return found
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir() and (path / _QUESTIONS).is_file():
            found.append(QuestionSet(_free(path.name, found), path))
        elif path.suffix == ".jsonl" and path.is_file():
            found.append(QuestionSet(_free(path.stem, found), path))
    return found


def _free(name: str, found: Sequence[QuestionSet]) -> str:
    """The name, with a number where another set has it."""
    taken = {one.name for one in found}
    return next(one for n in count(1) if (one := name if n == 1 else f"{name}-{n}") not in taken)


def keep_set(files: Sequence[tuple[str, bytes]], *, folder: Path) -> str:
    """Keep a set that was handed in: a file of questions, and docs.jsonl where it has one.

    Its name is that of the questions' file, with a number where it is taken. Raises DataError, and
    then nothing is kept.
    """
    docs = [content for name, content in files if _base(name) == _DOCS]
    questions = [(name, content) for name, content in files if _base(name) != _DOCS]
    if len(questions) != 1 or len(docs) > 1:
        raise DataError("One file of questions at a time, with docs.jsonl or without")
    [(name, content)] = questions
    with _writing(folder):
        name = _free(_safe(name), question_sets(folder))
        part = folder / f".{name}.part"
        try:
            if docs:
                part.mkdir(exist_ok=True)
                (part / _QUESTIONS).write_bytes(content)
                (part / _DOCS).write_bytes(docs[0])
                _checked(part, name, load_dataset)
                part.replace(folder / name)
            else:
                part.write_bytes(content)
                _checked(part, name, load_questions)
                part.replace(folder / f"{name}.jsonl")
        finally:
            _clear(part)
    return name


def _checked(part: Path, name: str, load: Callable[[Path], Dataset]) -> None:
    """Read it; a mistake is named by line, without the folder."""
    try:
        load(part)
    except DataError as error:
        said = str(error).replace(f"{part}{os.sep}", "").replace(str(part), f"{name}.jsonl")
        raise DataError(said) from None


def _base(name: str) -> str:
    return re.split(r"[/\\]", name)[-1].lower()


def _safe(name: str) -> str:
    """A stranger's file name as the name of a set."""
    stem = re.sub(r"\.[A-Za-z0-9]{1,8}$", "", _base(unicodedata.normalize("NFC", name)))
    plain = re.sub(r"[^\w-]+", "-", stem).strip("-_")[:60]
    return plain or "questions"


def _clear(part: Path) -> None:
    if part.is_dir():
        for path in part.iterdir():
            path.unlink()
        part.rmdir()
    else:
        part.unlink(missing_ok=True)


# The set that is added to


def add_question(
    folder: Path,
    question: str,
    *,
    answers: Sequence[str] = (),
    answerable: bool = True,
    gold_doc_ids: Sequence[str] = (),
    history: Sequence[tuple[str, str]] = (),
    kind: str = "added",
) -> bool:
    """Add a question to the set of one's own; whether it was not there yet.

    The same question after the same turns stands there once: what is now said of its answer takes
    the place of what was. Raises DataError where it cannot be one or cannot be written.
    """
    asked = _line(question)
    if not asked:
        raise DataError("there is no question")
    if len(asked) > _LONGEST:
        raise DataError(f"a question has at most {_LONGEST:,} characters")
    turns = tuple((_line(first), _line(second)) for first, second in history)
    wanted = tuple(filter(None, map(_line, answers))) if answerable else ()
    basis = json.dumps([asked.casefold(), turns], ensure_ascii=False)
    item = Question(
        qid=hashlib.sha256(basis.encode()).hexdigest()[:12],
        question=asked,
        answers=wanted,
        answerable=answerable,
        gold_doc_ids=tuple(gold_doc_ids) if answerable else (),
        history=turns,
        type=kind,
    )
    question_of(_plain(item), "the question")
    with _writing(folder):
        known = {one.qid: one for one in added_questions(folder)}
        new = item.qid not in known
        _write(folder, list((known | {item.qid: item}).values()))
    return new


def _line(said: str) -> str:
    """On one line, and such that it can be written."""
    return " ".join(said.encode("utf-8", "replace").decode().split())


def remove_question(folder: Path, qid: str) -> None:
    """Take a question out of that set."""
    with _writing(folder):
        _write(folder, [one for one in added_questions(folder) if one.qid != qid])


def added_questions(folder: Path) -> list[Question]:
    """The questions of that set, in the order in which they came. Raises DataError."""
    path = _own(folder)
    return list(load_questions(path).questions) if path.is_file() else []


def _own(folder: Path) -> Path:
    return folder / f"{FROM_ANSWERS}.jsonl"


def _plain(question: Question) -> dict[str, object]:
    """As it stands in a file: what says nothing is left out."""
    item = json.loads(json.dumps(asdict(question), ensure_ascii=True))
    defaults = {one.name: one.default for one in fields(Question)}
    return {
        key: value
        for key, value in item.items()
        if value or (key == "answerable" and value != defaults[key])
    }


def _write(folder: Path, questions: Sequence[Question]) -> None:
    path = _own(folder)
    if not questions:
        path.unlink(missing_ok=True)
        return
    part = folder / f".{FROM_ANSWERS}.part"
    lines = [json.dumps(_plain(one), ensure_ascii=False) for one in questions]
    with part.open("w", encoding="utf-8") as stream:
        stream.write("\n".join(lines) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Alone in a folder, which is made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock", timeout=_PATIENCE):
            yield
    except (OSError, TimeoutError) as error:
        raise DataError(f"{folder}: cannot be written ({error.__class__.__name__})") from error
