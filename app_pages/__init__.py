"""The pages that app.py serves: only Streamlit and calls into `rag`."""
