"""The settings: the language model and its key, the reader, the weights, how the page looks."""

import logging

import streamlit as st

from app_pages import _choices as choices
from app_pages import _text as text
from app_pages._archive import Desk, draw_not_ready, open_desk
from app_pages._draw import draw_notice
from app_pages._session import forget_key, has_own_key, keep_key, set_reader
from rag import DossierError, Settings

_log = logging.getLogger("dossier.pages")

_TRIED = "model-tried"


def draw(desk: Desk) -> None:
    """The page."""
    st.header("Settings", anchor=False)
    if desk.settings is None:
        draw_not_ready(desk)
        return
    draw_model(desk.settings)
    draw_reader(desk.settings)
    draw_weights()
    st.subheader("Appearance", anchor=False)
    st.markdown(
        "Light or dark follows your system. To choose, open the menu at the top right"
        " (:material/more_vert:) and take another theme."
    )
    with st.expander("All settings in force"):
        st.caption("Set by whoever runs Dossier, in the environment or in a file .env.")
        st.table(choices.settings_rows(desk.settings), border="horizontal", hide_index=True)


def draw_model(settings: Settings) -> None:
    """Who writes the answers, whether it answers, and a key of one's own."""
    st.subheader("Language model", anchor=False)
    st.markdown(choices.model_line(settings))
    if settings.llm == "off":
        return
    own = has_own_key()
    draw_notice(choices.key_line(settings, own=own))
    if settings.model_configured:
        with st.container(horizontal=True):
            if st.button("Try the model", icon=":material/network_check:"):
                st.session_state[_TRIED] = tried(settings)
            if own:
                st.button("Forget my key", icon=":material/key_off:", on_click=forgotten)
        draw_trial()
    with st.form("key", clear_on_submit=True):
        st.text_input(
            "Your key", type="password", key="key-entry", autocomplete="off", max_chars=400,
            placeholder="Another key" if own else "",
        )  # fmt: skip
        st.text_input(
            "Model", key="model-entry", placeholder=settings.openai_model, max_chars=200,
            autocomplete="off",
        )  # fmt: skip
        st.caption(
            "For this visit only: kept in memory, never written down, never shown again. It is"
            f" sent to {text.escape(choices.host_of(settings))} and to nobody else."
        )
        st.form_submit_button("Use it", on_click=entered)


def entered() -> None:
    """Take what the form holds, and nothing of the key but where it belongs."""
    keep_key(st.session_state.get("key-entry", ""), model=st.session_state.get("model-entry", ""))
    st.session_state["key-entry"] = st.session_state["model-entry"] = ""
    st.session_state.pop(_TRIED, None)


def forgotten() -> None:
    """Back to what the settings say."""
    forget_key()
    st.session_state.pop(_TRIED, None)


def tried(settings: Settings) -> tuple[bool, str]:
    """Whether the model answers, and in one line how or why not."""
    from rag.llm import try_model

    with st.spinner("Asking for one word …"):
        try:
            seconds = try_model(settings)
        except DossierError as error:
            _log.warning("the model was tried: %s", error)
            return False, f"{str(error)[:1].upper()}{str(error)[1:]}."
    return True, f"It answers: the first word came after {seconds:.1f} seconds."


def draw_trial() -> None:
    """What came of the last trial."""
    if _TRIED not in st.session_state:
        return
    passed, said = st.session_state[_TRIED]
    if passed:
        st.success(text.escape(said), icon=":material/check_circle:")
    else:
        st.error(text.escape(said), icon=":material/error:")


def draw_reader(settings: Settings) -> None:
    """Whether passages are read with the question in mind."""
    st.subheader("Reader", anchor=False)
    st.session_state["reader-on"] = settings.reader == "on"
    st.toggle(
        "Read passages with the question in mind",
        key="reader-on",
        on_change=lambda: set_reader(on=st.session_state["reader-on"]),
    )
    st.caption(
        "A small model on this machine puts what answers first, gives short answers and helps to"
        " tell when there is none. Without it, search and answers are quicker and less sure. This"
        " too is for this visit only."
    )


def draw_weights() -> None:
    """The files of the models that run here."""
    st.subheader("Models on this machine", anchor=False)
    st.table(choices.weights_rows(), border="horizontal", hide_index=True)


draw(open_desk())
