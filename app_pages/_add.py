"""Adding articles: files that are handed in, or a folder on the machine that serves the page."""

import logging
from pathlib import Path

import streamlit as st

from app_pages import _text as text
from app_pages._activity import jobs_of
from app_pages._archive import Desk
from app_pages._library import READ_FORMATS, size
from app_pages._work import read_files, store_uploads
from rag import DossierError
from rag.uploads import uploads_folder

__all__ = ["draw_add"]

_log = logging.getLogger("dossier.pages")


def draw_add(desk: Desk) -> None:
    """Both ways; what comes of them is told at the head of the page."""
    if desk.settings is None or desk.archive is None:
        return
    _draw_uploader(desk)
    _draw_folder(desk)


def _draw_uploader(desk: Desk) -> None:
    assert desk.settings
    turn = st.session_state.get("uploads-turn", 0)
    files = st.file_uploader(
        "Files to add",
        accept_multiple_files=True,
        key=f"uploads-{turn}",
        max_upload_size=max(1, desk.settings.largest_upload // 1_000_000),
    )
    st.caption(
        f"{READ_FORMATS} At most {size(desk.settings.largest_upload)} a file. A copy is kept in the"
        " archive's folder, so that it can be read again."
    )
    if files and st.button(f"Add {text.counted(len(files), 'file')}", icon=":material/add:"):
        with st.spinner("Keeping the files …"):
            _add(desk, [(file.name, file.getvalue()) for file in files])
        st.session_state["uploads-turn"] = turn + 1  # an uploader that is empty
        st.rerun()


def _add(desk: Desk, files: list[tuple[str, bytes]]) -> None:
    if desk.settings is None or desk.archive is None:
        return
    try:
        given = store_uploads(files, home=desk.archive.home, largest=desk.settings.largest_upload)
    except DossierError as error:
        _log.warning("uploads: %s", error)
        st.session_state["library-error"] = str(error)
        return
    if given.paths:
        jobs_of(desk).start(
            read_files(desk.archive, given.paths, refused=given.refused),
            kind="ingest",
            title=f"Adding {text.counted(len(given.paths), 'file')}",
        )
    elif given.refused:
        name, reason = given.refused[0]
        st.session_state["library-error"] = f"{name} was not taken: {reason}."


def _draw_folder(desk: Desk) -> None:
    assert desk.archive
    with st.form("folder", border=False):
        place = st.text_input(
            "Or a file or folder on this machine",
            placeholder="/home/me/articles",
            help="It is read where it is. Files that were read before and have not changed"
            " are passed over.",
            max_chars=1000,
        )
        sent = st.form_submit_button("Read it in", icon=":material/folder_open:")
    if sent and place.strip():
        path = Path(place.strip()).expanduser()
        jobs_of(desk).start(
            read_files(desk.archive, [path]), kind="ingest", title=f"Reading {path}"
        )
        st.rerun()
    uploads = uploads_folder(desk.archive.home)
    if uploads.is_dir() and st.button(
        "Read all uploaded files again",
        type="tertiary",
        icon=":material/refresh:",
        help="Only what has changed is read",
    ):
        jobs_of(desk).start(
            read_files(desk.archive, [uploads.resolve()]),
            kind="ingest",
            title="Reading the uploaded files again",
        )
        st.rerun()
