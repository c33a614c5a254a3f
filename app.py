"""Dossier's web page: `streamlit run app.py`."""

import streamlit as st

from app_pages._archive import draw_sidebar, open_desk

# No :material/...: icon for a page: as its favicon the browser would fetch it from Google.
st.set_page_config(page_title="Dossier", page_icon="📰", layout="centered")
page = st.navigation([st.Page("app_pages/chat.py", title="Chat", default=True)])
draw_sidebar(open_desk())
page.run()
