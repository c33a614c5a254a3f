"""What tests of answering share: hits made by hand, and settings that no environment reaches."""

from datetime import date
from typing import Any

from rag import Hit, Settings

__all__ = ["a_hit", "settings_for"]


def a_hit(text: str, *, name: str = "a", start: int = 0, **changed: Any) -> Hit:
    """A hit whose passage stands at `start` in the article `name`."""
    given: dict[str, Any] = {
        "rank": 1,
        "passage_id": f"{name}-{start}-{start + len(text)}",
        "article_id": name,
        "title": "Harbour closes",
        "source": "The Quay",
        "published": date(2020, 3, 1),
        "url": "https://quay.example/harbour",
        "path": "/articles/harbour.md",
        "text": text,
        "start": start,
        "end": start + len(text),
        "score": 0.03,
    }
    return Hit(**given | changed)


def settings_for(base_url: str = "", *, key: str = "sk-test-0123456789", **given: Any) -> Settings:
    """Settings with a model at `base_url`; no .env file is read."""
    return Settings(
        _env_file=None,
        openai_base_url=base_url,
        openai_api_key=key,
        openai_model="scripted-model",
        **{"timeout": 5.0, "passages": 6} | given,
    )
