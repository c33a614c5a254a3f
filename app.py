"""Dossier's web page: `streamlit run app.py`.

The server reads this file once for the application, whose middleware gives each browser its
cookie, and Streamlit runs it for every visitor.
"""

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.scriptrunner import get_script_run_ctx

from app_pages._visitor import GivesCookie


def draw() -> None:
    """The page that was asked for, beside what all share."""
    from app_pages._archive import draw_sidebar, open_desk
    from app_pages._login import admit, draw_login

    # No :material/...: icon here: as the favicon the browser would fetch it from Google.
    st.set_page_config(page_title="Dossier", page_icon="📰", layout="centered")
    pages = [
        st.Page("app_pages/chat.py", title="Chat", icon=":material/forum:", default=True),
        st.Page("app_pages/search.py", title="Search", icon=":material/search:"),
        st.Page("app_pages/library.py", title="Library", icon=":material/library_books:"),
        st.Page("app_pages/evaluation.py", title="Evaluation", icon=":material/monitoring:"),
        st.Page("app_pages/settings.py", title="Settings", icon=":material/tune:"),
    ]
    page = st.navigation(pages, position="hidden")  # the sidebar shows them, below its title
    admit(page, pages)
    draw_sidebar(open_desk(), pages)
    draw_login()
    page.run()


if get_script_run_ctx(suppress_warning=True):
    draw()
else:
    app = st.App(__file__, middleware=[Middleware(GivesCookie)])
