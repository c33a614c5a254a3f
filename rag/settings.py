"""Settings: from arguments, the environment (DOSSIER_*, OPENAI_*) or a .env file, in that order."""

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from rag.errors import SettingsError

__all__ = ["ON_A_SERVER", "OPENAI_MODELS", "Settings", "load_settings"]

ON_A_SERVER = "openai:"
"""Before the name of an embedding model that an OpenAI-compatible server has."""
OPENAI_MODELS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072}
"""OpenAI's own embedding models, with the length of their vectors."""
_EMBEDDERS = ("all-MiniLM-L6-v2", "snowflake-arctic-embed-s", *OPENAI_MODELS)


class Settings(BaseSettings):
    """Every choice that a user can make, with its default.

    In the environment a setting is DOSSIER_ and its name in capitals; key, address and model of
    the language model also go by OPENAI_API_KEY, OPENAI_BASE_URL and OPENAI_MODEL.
    """

    model_config = SettingsConfigDict(
        env_prefix="DOSSIER_", env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    home: Path = Path(".dossier")
    """The archive's folder."""
    chroma_url: Annotated[str, Field(repr=False)] = ""
    """A Chroma server's address, where it is to hold the vectors: http://127.0.0.1:8000."""

    passage_tokens: Annotated[int, Field(ge=32, le=256)] = 200
    """Most tokens of a passage, its title included, as all-MiniLM-L6-v2 counts, which reads 256."""
    passage_overlap: Annotated[int, Field(ge=0, le=5)] = 0
    """Whole sentences that a passage repeats from the one before it."""
    embed_title: bool = True
    """Whether the title is embedded with each passage; the search by words has it anyway."""
    largest_file: Annotated[int, Field(ge=1)] = 20_000_000
    """Bytes; a larger file is refused."""
    library: Annotated[str, Field(pattern="^(open|read-only)$")] = "open"
    """open: whoever sees the page may add articles and delete them. read-only: nobody may there."""
    largest_upload: Annotated[int, Field(ge=1)] = 100_000_000
    """Bytes of a file that the page takes; of a packed one, as it is packed."""

    embedder: str = "all-MiniLM-L6-v2"
    """What searches by meaning: all-MiniLM-L6-v2, snowflake-arctic-embed-s, text-embedding-3-small
    or -large (OpenAI's), or openai:NAME for a model that the server at openai_base_url has."""
    retrieval: Annotated[str, Field(pattern="^(hybrid|dense|lexical)$")] = "hybrid"
    """hybrid: vectors and words, fused. dense or lexical: one of them alone, to compare."""
    lexical_weight: Annotated[float, Field(ge=0, le=10)] = 1.0
    """What a rank of the search by words counts beside one of the search by meaning."""
    title_weight: Annotated[float, Field(ge=0, le=20)] = 2.0
    """What a word in a title counts beside one in the text, in the search by words."""
    rank_constant: Annotated[int, Field(ge=0, le=1000)] = 60
    """What reciprocal rank fusion adds to a rank: the smaller, the more the first ones count."""
    depth: Annotated[int, Field(ge=1, le=500)] = 40
    """Passages that dense and lexical search each contribute."""
    passages: Annotated[int, Field(ge=1, le=50)] = 16
    """Passages that an answer is made from."""
    collapse_stories: bool = True
    """Whether of passages that copies of an article share only the best one is used."""
    per_article: Annotated[int, Field(ge=0)] = 3
    """Most passages of one article (or its copies) while others wait; 0 for no limit."""
    per_source: Annotated[int, Field(ge=0)] = 8
    """The same for one outlet."""
    diversity: Annotated[float, Field(ge=0, le=1)] = 0.3
    """How much a passage that says nearly the same as a better one gives way; 0 for not at all."""
    join_neighbours: bool = True
    """Whether a passage whose answer lies at its edge is read with what stands beyond."""
    reader: Annotated[str, Field(pattern="^(on|off)$")] = "on"
    """on: passages are read with the question in mind, ranked and refused by what that gives."""
    reader_prior: Annotated[float, Field(ge=0, le=10)] = 1.5
    """How much the rank that was found weighs against the reader: its odds fall with this power."""

    llm: Annotated[str, Field(pattern="^(auto|off)$")] = "auto"
    """auto: a language model where a key or an address is set. off: always quote."""
    openai_api_key: Annotated[
        SecretStr | None, Field(validation_alias=AliasChoices("openai_api_key", "OPENAI_API_KEY"))
    ] = None
    openai_base_url: Annotated[
        str, Field(validation_alias=AliasChoices("openai_base_url", "OPENAI_BASE_URL"), repr=False)
    ] = ""
    openai_model: Annotated[
        str, Field(validation_alias=AliasChoices("openai_model", "OPENAI_MODEL", "DOSSIER_MODEL"))
    ] = "gpt-4.1-mini"
    context_tokens: Annotated[int, Field(ge=1024)] = 8192
    """What the language model reads at most: passages are fitted to it."""
    answer_tokens: Annotated[int, Field(ge=64)] = 700
    """Most tokens that the language model writes."""
    rewrite: Annotated[str, Field(pattern="^(off|rewrite|hyde)$")] = "off"
    """Whether a language model, where there is one, helps to search. rewrite: by up to three search
    queries, fused with the question's own. hyde: by a passage as an article that answers might have
    it, searched by meaning."""
    rewrite_timeout: Annotated[float, Field(gt=0)] = 10.0
    """Seconds that it has for that, or for making a follow-up question stand alone."""
    history_tokens: Annotated[int, Field(ge=0)] = 600
    """Most tokens of earlier questions and answers that go to the model with a question."""
    timeout: Annotated[float, Field(gt=0)] = 60.0
    """Seconds without a word or a thought from the model's server before it is given up."""
    api: Annotated[str, Field(pattern="^(auto|chat|responses)$")] = "auto"
    """chat: Chat Completions, which every compatible server has. responses: OpenAI's Responses with
    an answer in a fixed structure; where the server has none, chat. auto: responses at OpenAI's own
    address, chat elsewhere."""
    price_read: Annotated[float | None, Field(ge=0, allow_inf_nan=False)] = None
    price_written: Annotated[float | None, Field(ge=0, allow_inf_nan=False)] = None
    """What a million tokens cost that the model reads or writes, in a currency of your choice. With
    both set an answer has its `cost`; no price is built in."""
    budget: Annotated[float | None, Field(gt=0, allow_inf_nan=False)] = None
    """What a conversation may cost: in the currency of the prices where both are set, else in
    tokens. An answer that could exceed it quotes instead."""

    @field_validator("chroma_url")
    @classmethod
    def _as_address(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            sound = re.fullmatch(r"https?://[^\s?#]+", value) and parts.hostname and parts.port != 0
        except ValueError:
            sound = False
        if value and not sound:
            # Pydantic's own would repeat the value, which may hold a password.
            raise PydanticCustomError("address", "not an address such as http://127.0.0.1:8000")
        return value.rstrip("/")

    @field_validator("embedder")
    @classmethod
    def _is_known(cls, value: str) -> str:
        named = value.removeprefix(ON_A_SERVER)
        if value in _EMBEDDERS or (value != named and re.fullmatch(r"\S+", named)):
            return value
        known = ", ".join(_EMBEDDERS)
        raise PydanticCustomError(
            "embedder", "not one of {known}", {"known": f"{known}, openai:NAME"}
        )

    @property
    def model_configured(self) -> bool:
        """Whether a language model is to write the answers."""
        key = self.openai_api_key and self.openai_api_key.get_secret_value()
        return self.llm == "auto" and bool(key or self.openai_base_url)


def load_settings(**given: object) -> Settings:
    """Settings with some given outright; SettingsError in one line where one cannot be."""
    try:
        return Settings(**{k: v for k, v in given.items() if v is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise SettingsError(f"setting {name}: {first['msg']}") from None
