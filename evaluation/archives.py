"""The archives that questions are asked of: built of a data set's articles, or there already."""

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from evaluation.data import DataError, Dataset, Document, Question, duplicates
from evaluation.systems import BASELINES, ArchiveSystem, Outcome, Report, System
from rag import Archive, ArchiveDamaged, Article, DossierError, IngestReport, Settings

__all__ = ["build_system", "over_archive", "prepare"]


def write_articles(dataset: Dataset, folder: Path) -> dict[str, str]:
    """Write the documents as files with front matter; their ids by file name.

    Plain text, so that no sign in it is taken for Markdown. An archive leaves unchanged files
    alone, so they are written once.
    """
    width = len(str(len(dataset.documents)))
    names = {f"{n:0{width}}.txt": d for n, d in enumerate(dataset.documents, 1)}
    done = folder / ".complete"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name, document in names.items():
            (folder / name).write_text(_as_file(document), encoding="utf-8")
        done.touch()
    return {name: document.doc_id for name, document in names.items()}


def _as_file(document: Document) -> str:
    given = {
        "title": document.title,
        "source": document.source,
        "published": document.date,
        "url": document.url,
    }
    # JSON strings are YAML strings.
    lines = [f"{key}: {json.dumps(value)}" for key, value in given.items() if value]
    return "\n".join(["---", *lines, "---", document.text, ""])


def build_system(
    dataset: Dataset, settings: Settings, *, home: Path, report: Report | None = None
) -> ArchiveSystem:
    """An archive of the data set's articles, built or found in the folder `home`."""
    if dataset.folder is None:
        folder = home / "articles"
        names = write_articles(dataset, folder)
    else:
        folder = dataset.folder
        names = {document.doc_id: document.doc_id for document in dataset.documents}
    place = home / f"archive-{settings.passage_tokens}{_of_cut(settings)}"
    told = report or (lambda *_: None)
    archive = Archive.open(place, settings=settings)
    try:
        try:
            ingested = _ingest(archive, folder, told)
        except ArchiveDamaged:
            # It is only a cache: one of an older format, or broken, is built anew.
            archive.close()
            told("building the archive anew", 1, 1)
            forget_index(place)
            archive = Archive.open(place, settings=settings, embedder=archive.embedder)
            ingested = _ingest(archive, folder, told)
        doc_ids = {
            article.id: names[article.path.name]
            for article in archive.articles()
            if article.path and article.path.name in names
        }
        articles = {doc_id: ident for ident, doc_id in doc_ids.items()}
        twins = _find_twins(dataset, articles)
        articles |= {doc_id: articles[kept] for doc_id, kept in twins.items()}
        failed = {names.get(Path(path).name, path): reason for path, reason in ingested.failed}
        lost = {
            document.doc_id: failed.get(document.doc_id, "the archive took it for another article")
            for document in dataset.documents
            if document.doc_id not in articles
        }
        return ArchiveSystem(
            archive, articles=articles, names=doc_ids, digest=dataset.digest, twins=twins, lost=lost
        )
    except BaseException:
        archive.close()
        raise


def _ingest(archive: Archive, folder: Path, told: Report) -> IngestReport:
    return archive.ingest(
        folder, prune=True, progress=lambda step: told("reading", step.files_done, step.files)
    )


def forget_index(place: Path) -> None:
    """Delete an archive but for its embeddings, which any later format can use."""
    (place / "CURRENT").unlink(missing_ok=True)
    shutil.rmtree(place / "index", ignore_errors=True)


def _find_twins(dataset: Dataset, held: Mapping[str, str]) -> dict[str, str]:
    """Documents that share the article of another one, with that one's id."""
    firsts = duplicates(dataset.documents)
    groups: dict[str, list[str]] = {}
    for document in dataset.documents:
        groups.setdefault(firsts.get(document.doc_id, document.doc_id), []).append(document.doc_id)
    twins = {}
    for members in groups.values():
        kept = next((doc_id for doc_id in members if doc_id in held), None)
        for doc_id in members:
            if kept and doc_id not in held:
                twins[doc_id] = kept
    return twins


class _OverArchive(ArchiveSystem):
    """Somebody's archive. It must hold the same while it is asked."""

    _generation = ""

    def ask(self, question: Question, *, pooled: bool) -> Outcome:
        """As any archive. Raises DataError where its articles have changed."""
        generation = self.archive.status().generation
        if generation != self._generation:
            if _digest(self.archive.articles()) != self.digest:
                raise DataError(
                    "The archive changed while questions were asked of it. Start the run anew."
                )
            self._generation = generation
        return super().ask(question, pooled=pooled)


def over_archive(dataset: Dataset, settings: Settings, *, archive: Archive) -> ArchiveSystem:
    """The archive at hand, under `settings`; nothing is read into it. Raises ArchiveNotFound.

    Questions may name articles by id, file name, path or address; what it does not hold is lost,
    and counts as not found.
    """
    own = Archive.open(
        settings=settings.model_copy(update={"home": archive.home}), embedder=archive.embedder
    )
    try:
        held = own.articles()
        known = _names(held)
        named = dict.fromkeys(
            name for question in dataset.questions
            for name in (*question.gold_doc_ids, *question.doc_ids)
        )  # fmt: skip
        return _OverArchive(
            own,
            articles={name: known[name] for name in named if name in known},
            names={},
            digest=_digest(held),
            twins={name: known[name] for name in named if known.get(name, name) != name},
            lost={name: "the archive does not hold it" for name in named if name not in known},
        )
    except BaseException:
        own.close()
        raise


def _names(articles: list[Article]) -> dict[str, str]:
    """Articles by everything that a question may call them; of two of one name, the newer."""
    known: dict[str, str] = {}
    for article in articles:
        places = (str(article.path), article.path.name) if article.path else ()
        for name in (article.id, article.url, article.origin, *places):
            known.setdefault(name, article.id)
    return known | {article.id: article.id for article in articles}


def _digest(articles: list[Article]) -> str:
    """Changes with anything in the articles: their ids are made from it."""
    joined = " ".join(sorted(article.id for article in articles))
    return hashlib.sha256(joined.encode()).hexdigest()[:16]


def _of_cut(settings: Settings) -> str:
    """What keeps apart the folders of archives that are cut or embedded otherwise."""
    overlap = f"-overlap-{settings.passage_overlap}" if settings.passage_overlap else ""
    return f"{overlap}{'' if settings.embed_title else '-untitled'}{_of_embedder(settings)}"


def _of_embedder(settings: Settings) -> str:
    """What keeps the folders of two embedders' vectors apart; nothing for the default one."""
    if settings.embedder == Settings.model_fields["embedder"].default:
        return ""
    return "-" + re.sub(r"[^\w.-]+", "-", settings.embedder)


def prepare(
    name: str,
    dataset: Dataset,
    settings: Settings,
    *,
    home: Path,
    archive: Archive | None = None,
    report: Report | None = None,
) -> System:
    """The system of that name over `archive`, else over an index built or found in `home`."""
    if name in BASELINES:
        settings = settings.model_copy(update=BASELINES[name])
    elif name not in {"dossier", "llamaindex"}:
        raise DossierError(f"{name}: no such system (dossier, bm25, dense, fused, llamaindex)")
    if archive is not None:
        if name == "llamaindex":
            raise DataError("llamaindex builds an index of its own: it needs a data set's articles")
        return over_archive(dataset, settings, archive=archive)
    if not dataset.documents:
        raise DataError(f"{dataset.name}: has no articles (docs.jsonl)")
    place = home / f"{dataset.name}-{dataset.digest}"
    if name == "llamaindex":
        from evaluation.baselines import PlainLlamaIndex

        try:
            import llama_index.vector_stores.chroma  # noqa: F401
        except ModuleNotFoundError as error:
            raise DataError(f"llamaindex needs the developers' requirements ({error})") from error
        place = place.with_name(f"{place.name}{_of_embedder(settings)}")
        return PlainLlamaIndex(dataset, settings, home=place, report=report)
    return build_system(dataset, settings, home=place, report=report)
