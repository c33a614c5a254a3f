"""A Chroma server: its collections, and one clear error for all the ways it can be away."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from chromadb.api.collection_configuration import CreateCollectionConfiguration
from chromadb.api.fastapi import FastAPI
from chromadb.api.models.Collection import Collection
from chromadb.config import Settings, System
from chromadb.errors import InvalidArgumentError, InvalidDimensionException, NotFoundError

from vectorstore.errors import VectorsElsewhere, VectorServerUnavailable

__all__ = ["ChromaServer", "ServerCollection", "shown_url"]

_CONNECT, _SILENCE = 5.0, 30.0
"""Seconds to wait for a connection, and for the next byte of an answer."""
_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCollection:
    """A collection on a Chroma server."""

    url: str
    name: str


def shown_url(url: str) -> str:
    """The address without the name and password that it may hold."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])).rstrip("/")


class ChromaServer:
    """A connection, for any number of threads. Nothing is sent before the first call.

    Raises VectorServerUnavailable wherever the server does not answer as one should, in bounded
    time; a wrong argument stays a ValueError.
    """

    def __init__(self, url: str) -> None:
        self.url = shown_url(url)
        settings = Settings(
            chroma_server_host=url,
            chroma_server_http_port=80,  # asked for, and not looked at beside a whole address
            anonymized_telemetry=False,
        )
        with self.answering():
            # Chroma's own client asks three questions while it is made, and waits without limit.
            self.api = System(settings).instance(FastAPI)
            self.api._session.timeout = (_CONNECT, _SILENCE, _SILENCE, _SILENCE)

    def close(self) -> None:
        """Let go of the connections, which Chroma's client leaves open."""
        self.api._session.close()

    def __enter__(self) -> "ChromaServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def collection(
        self, name: str, *, create: CreateCollectionConfiguration | None = None
    ) -> Collection:
        """A collection; made with the configuration `create` where it is given and there is none.

        Raises VectorsElsewhere where there is none.
        """
        with self.answering():
            if create is None:
                model = self.api.get_collection(name)
            else:
                model = self.api.get_or_create_collection(name, configuration=create)
            return Collection(client=self.api, model=model, embedding_function=None)

    def names(self, prefix: str) -> set[str]:
        """The collections whose names begin so."""
        found: set[str] = set()
        for offset in range(0, 1_000_000, _PAGE):
            with self.answering():
                page = self.api.list_collections(limit=_PAGE, offset=offset)
            found |= {model.name for model in page if model.name.startswith(prefix)}
            if len(page) < _PAGE:
                break
        return found

    def drop(self, name: str) -> None:
        """Delete a collection, where there is one of that name."""
        with self.answering():
            try:
                self.api.delete_collection(name)
            except NotFoundError:
                return

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Turn every failure of a call into an error of ours."""
        try:
            yield
        except (InvalidArgumentError, InvalidDimensionException) as error:
            raise ValueError(str(error)) from error
        except NotFoundError as error:
            raise VectorsElsewhere(
                f"the Chroma server at {self.url} does not hold this archive's vectors"
                f" ({_line(error)}): set DOSSIER_CHROMA_URL to the one that does, or ingest once"
                " more to build them anew"
            ) from error
        except Exception as error:
            if _is_wrong_argument(error):
                raise
            # Of httpx, which is not ours to import, or a plain Exception with a proxy's page.
            raise VectorServerUnavailable(
                f"the Chroma server at {self.url} does not answer ({_line(error)}): start it with"
                " chroma run --path FOLDER --port PORT, or unset DOSSIER_CHROMA_URL"
            ) from error


def _is_wrong_argument(error: Exception) -> bool:
    """Chroma checks arguments by ValueError and TypeError; an answer that is no JSON is one too."""
    return type(error) in (ValueError, TypeError)


def _line(error: Any) -> str:
    """What went wrong, in a few words on one line."""
    reason = re.sub(r"<[^>]*>|\s+", " ", str(error)).strip()
    return " ".join(reason.split())[:200] or type(error).__name__
