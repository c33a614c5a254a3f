"""The archive that all pages and all visitors share, and what the sidebar says of it."""

import hashlib
import logging
import shlex
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from app_pages import _text as text
from app_pages import _view as view
from app_pages._session import for_session
from rag import Archive, ArchiveNotFound, DossierError, Filters, Settings, Status, load_settings
from rag.visits import under

__all__ = ["Desk", "Shared", "draw_not_ready", "draw_sidebar", "open_desk", "suggested"]

_log = logging.getLogger("dossier.pages")


@dataclass(slots=True)
class Shared:
    """The open archive; `warm` once its models are loaded."""

    archive: Archive
    warm: bool = False
    _warming: bool = False

    def warm_up(self) -> None:
        """Begin to load the models, in a thread of their own, unless that was done before."""
        if not (self.warm or self._warming):
            self._warming = True
            threading.Thread(target=self._load, name="warm-up", daemon=True).start()

    def _load(self) -> None:
        try:
            self.archive.load()
            self.warm = True
        except Exception as error:  # noqa: BLE001  the first question meets it too, and says so
            _log.warning("models: %s", error)


@dataclass(frozen=True, slots=True)
class Desk:
    """The archive as a page finds it: its status, or why there is none.

    `settings` and `shared` are None where the settings themselves cannot be used.
    """

    settings: Settings | None = None
    shared: Shared | None = None
    status: Status | None = None
    error: str = ""

    @property
    def archive(self) -> Archive | None:
        """The archive as this visitor asks it."""
        if self.shared is None or self.settings is None:
            return None
        shared = self.shared.archive
        return shared if self.settings is shared.settings else under(shared, self.settings)

    @property
    def ready(self) -> bool:
        """Whether there are articles to ask."""
        return self.status is not None and self.status.articles > 0


def open_desk() -> Desk:
    """The archive that settings name, opened once for everybody; never raises."""
    try:
        settings = load_settings()
    except DossierError as error:
        _log.warning("settings: %s", error)
        return Desk(error=str(error))
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else ""
    identity = hashlib.sha256(f"{settings!r} {key}".encode()).hexdigest()
    shared = _open(identity, settings)
    settings = for_session(shared.archive.settings)
    try:
        return Desk(settings, shared, shared.archive.status())
    except ArchiveNotFound:
        return Desk(settings, shared)
    except DossierError as error:
        _log.warning("archive %s: %s", shared.archive.home, error, exc_info=True)
        return Desk(settings, shared, error=str(error))


# Two, so that a change of settings does not close the archive under those who still read in it.
@st.cache_resource(max_entries=2, show_spinner=False, on_release=lambda s: s.archive.close())
def _open(identity: str, _settings: Settings) -> Shared:  # noqa: ARG001
    return Shared(Archive.open(settings=_settings))


@st.cache_data(max_entries=20, show_spinner=False)
def suggested(
    generation: str,  # noqa: ARG001
    home: str,  # noqa: ARG001
    _archive: Archive,
    filters: Filters | None = None,
) -> list[str]:
    """Titles to ask about, chosen once for each state of the archive and filter."""
    return view.suggested_titles(_archive.articles(filters))


def draw_not_ready(desk: Desk) -> None:
    """Why there is nothing to ask or to search, and what to do about it."""
    if desk.error:
        st.header("The archive cannot be read", anchor=False)
        st.error(text.escape(desk.error), icon=":material/error:")
        st.button("Try again", icon=":material/refresh:")
        return
    home = shlex.quote(str(desk.shared.archive.home)) if desk.shared else ""
    st.header("No articles yet", anchor=False)
    st.markdown("Dossier answers from articles that you give it. Read a file or a folder in with:")
    st.code(f"python -m rag ingest PATH --home {home}", language=None, wrap_lines=True)
    st.markdown("Then look again.")
    st.button("Look again", icon=":material/refresh:")


def draw_sidebar(desk: Desk, pages: Sequence[StreamlitPage]) -> None:
    """The pages, which archive this is, and who writes the answers."""
    with st.sidebar:
        st.title("Dossier", anchor=False)
        st.caption("Answers from an archive of news, each sentence with the words it rests on.")
        with st.container(gap="xxsmall"):
            for page in pages:
                st.page_link(page, width="stretch")
        st.space("xxsmall")
        if desk.status is None or desk.settings is None:
            return
        covered = desk.status.coverage
        articles = text.counted(covered.articles, "article")
        lines = ["**Archive**", f":material/library_books: {articles}"]
        if span := text.span_line(covered.first, covered.last):
            lines.append(f":material/date_range: {span}")
        st.markdown("  \n".join(lines))
        icon = "edit_note" if desk.settings.model_configured else "format_quote"
        made = text.escape(view.how_answers_are_made(desk.settings))
        st.markdown(f"**Answers**  \n:material/{icon}: {made}")
