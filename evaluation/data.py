"""The one format of questions and articles, read with errors that name file and line.

A data set is a folder with two files of one JSON object a line:

    docs.jsonl       doc_id, text; optionally title, date, source, url
    questions.jsonl  qid, question; optionally answers, answerable, gold_doc_ids, type, history,
                     doc_ids (the only articles searched for it), values, wrong_values, assertions

Without docs.jsonl the articles are the files of a folder, each named by its file name. Other keys
are let be. docs/evaluation.md says what each key is for.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rag import DossierError

__all__ = [
    "DataError",
    "Dataset",
    "Document",
    "Question",
    "duplicates",
    "load_dataset",
    "load_questions",
    "question_of",
    "read_lines",
]

_DOCS = "docs.jsonl"
_QUESTIONS = "questions.jsonl"
_ITEMS = "items.jsonl"
_SUFFIXES = (".md", ".txt")


class DataError(DossierError):
    """Data that cannot be used; the message names the file and the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An article of a data set."""

    doc_id: str
    text: str
    title: str = ""
    date: str = ""
    source: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question with what is known of its answer.

    Any of `answers` is right. All of `values` are to be shown (sources disagree), none of
    `wrong_values` is, and all of `assertions` are to be said. `doc_ids` are the only articles
    searched for it, all where empty.
    """

    qid: str
    question: str
    answers: tuple[str, ...] = ()
    answerable: bool = True
    gold_doc_ids: tuple[str, ...] = ()
    type: str = ""
    history: tuple[tuple[str, str], ...] = ()
    doc_ids: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    wrong_values: tuple[str, ...] = ()
    assertions: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Changes with anything in the question."""
        held = asdict(self)
        if not self.wrong_values:
            del held["wrong_values"]  # runs from before there were any know the question by this
        return _digest(held)


@dataclass(frozen=True)
class Dataset:
    """Articles and questions. `folder` holds the articles' files where there is no docs.jsonl."""

    name: str
    documents: tuple[Document, ...]
    questions: tuple[Question, ...]
    folder: Path | None = None

    @cached_property
    def digest(self) -> str:
        """Changes with anything in the articles."""
        return _digest([asdict(document) for document in self.documents])

    @property
    def restricted(self) -> bool:
        """Whether any question is asked of articles of its own."""
        return any(question.doc_ids for question in self.questions)


def load_dataset(path: Path, *, articles: Path | None = None) -> Dataset:
    """Read and check a data set. Raises DataError.

    `articles` is the folder of articles where there is no docs.jsonl. A folder with nothing but
    RAMDocs' items.jsonl is read as it is.
    """
    if not path.is_dir():
        raise DataError(f"{path}: no such folder")
    name = path.resolve().name
    folder = None
    if (path / _ITEMS).is_file() and not (path / _QUESTIONS).exists():
        from evaluation.convert import ramdocs

        raw_documents, raw_questions = ramdocs(path)
        where = path / _ITEMS
        documents = tuple(_document(item, f"{where}") for item in raw_documents)
        questions = tuple(question_of(item, f"{where}") for item in raw_questions)
    else:
        if articles is not None:
            folder = articles
            documents = tuple(_folder_documents(articles))
        else:
            documents = tuple(_documents(path / _DOCS))
        questions = tuple(_questions(path / _QUESTIONS, {d.doc_id for d in documents}))
    return Dataset(name, documents, questions, folder)


def load_questions(path: Path) -> Dataset:
    """Questions alone, to be asked of an archive that is there. Raises DataError.

    `path` is a file, or a folder with questions.jsonl; no article is looked for.
    """
    file = path / _QUESTIONS if path.is_dir() else path
    name = path.resolve().name if path.is_dir() else path.stem
    return Dataset(name, (), tuple(_questions(file, None)))


def read_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The JSON objects of a file, each with "file, line n" for messages; blank lines left out."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    if not text.strip():
        raise DataError(f"{path}: the file is empty")
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            item = json.loads(line)
            if "\\ud" in line.lower():  # half of a pair of escapes is no character
                json.dumps(item, ensure_ascii=False).encode()
        except ValueError as error:
            raise DataError(f"{where}: not JSON ({error})") from None
        if not isinstance(item, dict):
            raise DataError(f"{where}: not a JSON object")
        yield where, item


def _documents(path: Path) -> Iterator[Document]:
    seen: dict[str, str] = {}
    for where, item in read_lines(path):
        document = _document(item, where)
        _once(seen, document.doc_id, where, "doc_id")
        yield document


def _folder_documents(folder: Path) -> Iterator[Document]:
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder of articles")
    paths = sorted(p for p in folder.rglob("*") if p.suffix in _SUFFIXES and p.is_file())
    if not paths:
        raise DataError(f"{folder}: no articles (.md or .txt) in it")
    twice = [name for name, count in Counter(p.name for p in paths).items() if count > 1]
    if twice:
        raise DataError(f"{folder}: two articles are named {twice[0]}")
    for path in paths:
        yield Document(doc_id=path.name, text=path.read_text(encoding="utf-8", errors="replace"))


def _questions(path: Path, known: set[str] | None) -> Iterator[Question]:
    seen: dict[str, str] = {}
    for where, item in read_lines(path):
        question = question_of(item, where)
        _once(seen, question.qid, where, "qid")
        for key in ("gold_doc_ids", "doc_ids"):
            for ident in getattr(question, key):
                if known is not None and ident not in known:
                    raise DataError(f"{where}: {key} names {ident}, which no document has")
        own = f"clapnq-{question.qid}"
        if not question.doc_ids and known and own in known:
            # CLAP NQ as it is shared: one passage a question, named after it.
            question = Question(**{**_fields(question), "doc_ids": (own,)})
        yield question


def _once(seen: dict[str, str], ident: str, where: str, what: str) -> None:
    if ident in seen:
        raise DataError(f"{where}: {what} {ident} stands at {seen[ident].rsplit(', ', 1)[-1]} too")
    seen[ident] = where


def _document(item: Mapping[str, Any], where: str) -> Document:
    text = _string(item, "text", where, needed=True)
    plain = {key: _string(item, key, where) for key in ("title", "date", "source", "url")}
    return Document(doc_id=_string(item, "doc_id", where, needed=True), text=text, **plain)


def question_of(item: Mapping[str, Any], where: str) -> Question:
    """A question of a line's object. Raises DataError, which begins with `where`."""
    answerable = item.get("answerable", True)
    if not isinstance(answerable, bool):
        raise DataError(f"{where}: answerable is neither true nor false")
    lists = {
        key: _strings(item, key, where)
        for key in ("answers", "gold_doc_ids", "doc_ids", "values", "wrong_values", "assertions")
    }
    return Question(
        qid=_string(item, "qid", where, needed=True),
        question=_string(item, "question", where, needed=True),
        answerable=answerable,
        type=_string(item, "type", where),
        history=_history(item.get("history"), where),
        **lists,
    )


def _string(item: Mapping[str, Any], key: str, where: str, *, needed: bool = False) -> str:
    value = item.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # ids are often numbers
    if value is not None and not isinstance(value, str):
        raise DataError(f"{where}: {key} is not a string")
    if needed and not (value or "").strip():
        raise DataError(f"{where}: {key} is missing or empty")
    return value or ""


def _strings(item: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    """Strings, each once, in order."""
    value = item.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(entry, str | int) for entry in value):
        raise DataError(f"{where}: {key} is not a list of strings")
    return tuple(dict.fromkeys(map(str, value)))


def _history(value: object, where: str) -> tuple[tuple[str, str], ...]:
    """Earlier turns: pairs of question and answer, or objects with these keys."""
    if value is None:
        return ()
    turns: list[tuple[str, str]] = []
    for entry in value if isinstance(value, list) else [None]:
        pair = [entry.get("question"), entry.get("answer")] if isinstance(entry, dict) else entry
        if not (
            isinstance(pair, list) and len(pair) == 2 and all(isinstance(p, str) for p in pair)
        ):
            raise DataError(f"{where}: history is not a list of pairs of question and answer")
        turns.append((pair[0], pair[1]))
    return tuple(turns)


def _fields(question: Question) -> dict[str, Any]:
    return {name: getattr(question, name) for name in Question.__slots__}


def _digest(value: Iterable[Any]) -> str:
    encoded = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(encoded.encode()).hexdigest()[:16]


def duplicates(documents: Sequence[Document]) -> dict[str, str]:
    """Documents that an archive takes for an earlier one, with that one's id.

    The same outlet, title and text make the same article, however often it is stored.
    """
    first: dict[tuple[str, str, str], str] = {}
    found = {}
    for document in documents:
        key = (document.source, document.title, " ".join(document.text.split()))
        twin = first.setdefault(key, document.doc_id)
        if twin != document.doc_id:
            found[document.doc_id] = twin
    return found
