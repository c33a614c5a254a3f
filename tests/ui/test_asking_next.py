"""Which question is answered next, and on what conversation."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from asking import an_answer

from app_pages import _asking
from app_pages._archive import Desk
from rag.conversations import Conversation, Conversations


def test_the_answer_before_it_is_known_though_the_page_had_read_too_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talks, begun = Conversations(tmp_path / "conversations.db"), []

    def answer(_: object, *, talk: Conversation, **__: object) -> SimpleNamespace:
        begun.append(talk)
        return SimpleNamespace(active=True)

    monkeypatch.setattr(_asking, "kept", lambda _: talks)
    monkeypatch.setattr(_asking, "owner", lambda: "me")
    answering = SimpleNamespace(get=lambda _: None, answer=answer)
    monkeypatch.setattr(_asking, "answerings", lambda _: answering)
    ident = talks.create("me").id
    first = talks.add(ident, owner="me", question="Who?")
    talks.save(replace(first, state="running"), owner="me")
    second = talks.add(ident, owner="me", question="And where?")
    early = talks.read(ident, owner="me")
    talks.save(replace(first, state="done", answer=an_answer("Ada.")), owner="me")
    monkeypatch.setattr(Desk, "archive", object())
    found = _asking.begin_next(Desk(), early)
    assert found
    assert found.id == second.id
    [talk] = begun
    assert [one.text for one in talk.earlier(second.id)] == ["Ada. [1]"]
    # What another page has begun since is left to it.
    talks.save(replace(second, state="running"), owner="me")
    assert _asking.begin_next(Desk(), early) is None
    assert len(begun) == 1
    talks.close()
