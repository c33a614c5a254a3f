"""Taking a conversation along: as Markdown, as a page to print, as its records."""

import logging
import re
from collections.abc import Callable

import streamlit as st

from app_pages._archive import Desk
from app_pages._talks import kept
from app_pages._visitor import owner
from rag import DossierError
from rag.conversations import Listed
from rag.export import FORMATS, Format, export

__all__ = ["draw_export", "file_name"]

_log = logging.getLogger("dossier.pages")

_FORMS: dict[Format, tuple[str, str, str]] = {
    "markdown": ("Markdown", ":material/notes:", "For notes and other programs"),
    "html": ("Page to print", ":material/print:", "One file: open it and print it, as PDF too"),
    "json": ("JSON", ":material/data_object:", "The whole record"),
}


def file_name(title: str, ending: str) -> str:
    """A name for the file that any system takes."""
    plain = re.sub(r"[^\w-]+", "-", title).strip("-_")[:60].rstrip("-")
    return f"{plain or 'conversation'}{ending}"


def draw_export(desk: Desk, talk: Listed) -> None:
    """A button that opens the forms; each is made when it is asked for."""
    with st.popover("Export", type="tertiary"):
        st.caption("The whole conversation, with the quotes it rests on")
        for form, (label, icon, help_text) in _FORMS.items():
            ending, kind = FORMATS[form]
            st.download_button(
                label, _made(desk, talk, form), file_name(talk.title, ending), kind,
                key=f"export-{form}", icon=icon, help=help_text, on_click="ignore",
                width="stretch",
            )  # fmt: skip


def _made(desk: Desk, talk: Listed, form: Format) -> Callable[[], bytes]:
    talks, whose = kept(desk), owner()  # here: a download is made outside of any session

    def make() -> bytes:
        whole = talks.read(talk.id, owner=whose)
        failed = {}
        try:
            failed = desk.archive.recheck(whole) if desk.archive else {}
        except DossierError as error:
            _log.warning("not held against the archive: %s", error)
        return export(whole, form=form, failed=failed).encode()

    return make
