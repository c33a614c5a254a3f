"""What the page does with links of its own, where Streamlit has nothing for it.

A citation's number in a text is a link to `#source-…`, a control that copies one to `#copy-…`.
Both are ordinary links, reached by the keyboard as well; a short script of ours, the same for
every page and free of any data in its code, hands their clicks to Python or to the clipboard, and
brings a question that was just asked to the top of the screen.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

__all__ = ["copy_link", "hand", "show_first"]

_LINKS = """
const MOVES = ["wheel", "touchmove", "mousedown", "keydown"];
export default function (component) {
  const { data, setTriggerValue } = component;
  const state = (window.dossierHand ??= {});
  const clicked = (event) => {
    const link = event.target.closest?.("a[href^='#source-'], a[href^='#copy-']");
    if (!link) return;
    event.preventDefault();
    const target = link.getAttribute("href").slice(1);
    if (target.startsWith("source-")) {
      setTriggerValue("opened", target.slice(7));
      return;
    }
    const id = target.slice(5);
    const held = data.copies[id] ?? "";
    const text = id.startsWith("link-") ? location.origin + location.pathname + held : held;
    const written = navigator.clipboard?.writeText(text) ?? Promise.reject();
    written.then(
      () => setTriggerValue("copied", id),
      () => setTriggerValue("refused", id),
    );
  };
  document.addEventListener("click", clicked);
  // What was asked last stands at the top of the screen; once more when its answer is there, for
  // before there may not have been enough below it to get there. A reader who has moved is left.
  if (data.top && data.top !== state.top) {
    const again = state.top?.startsWith(data.top.split(" ")[0]);
    state.top = data.top;
    if (!again) state.moved = false;
    const calm = again || matchMedia("(prefers-reduced-motion: reduce)").matches;
    requestAnimationFrame(() => {
      const asked = document.querySelector(".st-key-" + CSS.escape(data.top.split(" ")[0]));
      const page = document.getElementById("stMain");
      if (!asked || !page || state.moved) return;
      const head = document.querySelector("[data-testid=stHeader]")?.offsetHeight ?? 0;
      const top = page.scrollTop + asked.getBoundingClientRect().top - head - 8;
      page.scrollTo({ top, behavior: calm ? "auto" : "smooth" });
    });
  }
  const moved = () => (state.moved = true);
  for (const kind of MOVES) addEventListener(kind, moved, { passive: true });
  return () => {
    document.removeEventListener("click", clicked);
    for (const kind of MOVES) removeEventListener(kind, moved);
  };
}
"""
_SHOW = """
export default function (component) {
  const { data } = component;
  requestAnimationFrame(() =>
    document
      .querySelector(".st-key-" + CSS.escape(data.within) + " .stMarkdownColoredBackground")
      ?.scrollIntoView({ block: "center" }),
  );
}
"""


def copy_link(name: str) -> str:
    """Where a control leads that copies what goes by this name."""
    return f"#copy-{name}"


def hand(*, copies: Mapping[str, str], top: str = "") -> Any:
    """Watch the links. The result's `opened` is NUMBER-EXCHANGE, its `copied` and `refused` a name.

    `copies` holds the texts to copy; one named `link-…` is a link on this page. `top` is the
    key of a container to bring to the top of the screen, once, and then, behind a space, a word
    for its state: once for each.
    """
    component = st.components.v2.component("dossier.links", js=_LINKS)
    nothing = lambda: None  # noqa: E731
    return component(
        key="hand",
        data={"copies": dict(copies), "top": top},
        on_opened_change=nothing,
        on_copied_change=nothing,
        on_refused_change=nothing,
    )


def show_first(within: str) -> None:
    """Bring the first highlighted words of the container of this key into view."""
    component = st.components.v2.component("dossier.show", js=_SHOW)
    component(key=f"show-{within}", data={"within": within})
