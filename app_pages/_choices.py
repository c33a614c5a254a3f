"""What the settings page says."""

from urllib.parse import urlsplit

from app_pages._library import size
from app_pages._text import escape
from rag import Settings
from rag.weights import MINILM_MODEL, MINILM_TOKENIZER, READER, WeightsFile, cache_folder

__all__ = ["host_of", "key_line", "model_line", "settings_rows", "weights_rows"]

_OPENAI = "api.openai.com"
_SHOWN = {
    "home": "the archive's folder",
    "library": "whether the page may add and delete",
    "largest_file": "bytes of an article's file, at most",
    "largest_upload": "bytes of an uploaded file, at most",
    "retrieval": "how passages are found",
    "depth": "passages that each search contributes",
    "passages": "passages that an answer is made from",
    "reader": "whether the reader reads them",
    "llm": "whether a language model may write",
    "context_tokens": "tokens that it reads, at most",
    "answer_tokens": "tokens that it writes, at most",
    "timeout": "seconds that it may be silent",
}
"""Settings that hold no secret, and what each is."""


def host_of(settings: Settings) -> str:
    """The host that the language model runs on; a name or password in its address is left out."""
    try:
        parts = urlsplit(settings.openai_base_url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "the address in the settings"
    return f"{host}:{port}" if host and port else host or _OPENAI


def model_line(settings: Settings) -> str:
    """Who writes the answers."""
    if settings.llm == "off":
        return (
            "Switched off for this archive (DOSSIER\\_LLM\\=off): answers quote the articles, and"
            " nothing leaves this machine."
        )
    if not settings.model_configured:
        return (
            "None: answers quote the articles, and nothing leaves this machine. With a key, a"
            " model writes them from the passages that were found, and every sentence is checked."
        )
    return (
        f"**{escape(settings.openai_model)}** at {escape(host_of(settings))} writes the answers"
        " from the passages that were found. Only these and your questions are sent there."
    )


def key_line(settings: Settings, *, own: bool) -> str:
    """Where the key comes from; nothing of the key itself."""
    if own:
        return "Your key is used until you leave. It is kept in memory only."
    if settings.openai_api_key and settings.openai_api_key.get_secret_value():
        return "The key is that of whoever runs Dossier."
    return "No key is used."


def weights_rows() -> list[dict[str, str]]:
    """The models that run on this machine: what for, which file, and whether it is here."""
    roles = ((MINILM_MODEL, "Search by meaning"), (MINILM_TOKENIZER, "Its words"))
    rows = [_weights(role, file, _state(file)) for file, role in roles]
    return [*rows, _weights("Reader", READER, "Part of Dossier")]


def _weights(role: str, file: WeightsFile, state: str) -> dict[str, str]:
    return {
        "For": role,
        "File": escape(file.name),
        "Size": size(file.size),
        "Where": state,
        "SHA-256": file.sha256[:12],
    }


def _state(file: WeightsFile) -> str:
    """Its bytes were compared when it was fetched; here only its size is looked at."""
    path = cache_folder() / file.name
    try:
        return "In the cache" if path.stat().st_size == file.size else "Fetched anew when needed"
    except OSError:
        return "Fetched when first needed"


def settings_rows(settings: Settings) -> list[dict[str, str]]:
    """The settings in force, by the names that set them."""
    return [
        {
            "Setting": escape(f"DOSSIER_{name.upper()}"),
            "Value": escape(str(getattr(settings, name))),
            "": said,
        }
        for name, said in _SHOWN.items()
    ]
