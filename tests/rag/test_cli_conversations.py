"""A question that the command line keeps, and what of it is counted where it is broken off."""

from pathlib import Path
from typing import Any, cast

import pytest
from asking import an_answer

from rag import Archive, Settings, Usage, spending
from rag.cli_conversations import noted

USED = Usage(prompt_tokens=700)


class Stopped:
    """A stream that was broken off before its first sentence."""

    answer = an_answer(complete=False, usage=USED)


def test_what_is_broken_off_before_its_first_sentence_is_paid_for(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, home=tmp_path, llm="off", reader="off")
    with Archive(settings) as archive:
        talk = archive.conversations.create("local")
        for times in (1, 2):
            with (
                pytest.raises(KeyboardInterrupt),
                noted(archive, talk.id, question="Q?", filters=None, quiet=True) as noting,
            ):
                earlier = spending(noting.history).usage
                assert earlier.prompt_tokens == (times - 1) * USED.prompt_tokens
                noting.stream = cast("Any", Stopped)
                raise KeyboardInterrupt
        kept = archive.conversations.read(talk.id, owner="local")
    assert [exchange.answer for exchange in kept.exchanges] == [None, None]
    assert kept.dropped.usage == USED + USED
