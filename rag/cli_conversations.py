"""python -m rag conversations list | show | export | delete, and `ask --conversation`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from rag import Answer, Archive, DossierError, Filters, spending
from rag.cli_shared import Home, Json, Quiet, app, err, opened, out, print_json, printable
from rag.conversations import EVERYBODY, Everybody, ExchangeState
from rag.export import export

if TYPE_CHECKING:
    from rag.engine import AnswerStream

__all__ = ["Noted", "conversations", "noted"]

_LOCAL = "local"
"""Whose conversations those are that the command line holds."""
_NEW = "new"

conversations = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="List, print, export and delete the conversations that are kept, whoever's they are.",
)
app.add_typer(conversations, name="conversations")


class _Form(StrEnum):
    markdown = "markdown"
    json = "json"
    html = "html"
    text = "text"


Ident = Annotated[str, typer.Argument(metavar="ID", help="The id, as `list` prints it")]
Owner = Annotated[str, typer.Option(help="Only this owner's [default: everybody's]")]


@conversations.command("list")
def list_(
    home: Home = None,
    matching: Annotated[
        str, typer.Option(help='Only those that hold these words, or "words side by side"')
    ] = "",
    owner: Owner = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List the conversations, the last changed first."""
    with opened(home, quiet=quiet) as archive:
        found = archive.conversations.of(_whose(owner), matching=matching)
    if as_json:
        print_json([listed.to_dict() for listed in found])
        return
    for listed in found:
        asked = f"{listed.questions} question{'' if listed.questions == 1 else 's'}"
        line = f"{listed.id}  {listed.changed:%Y-%m-%d %H:%M}  {printable(listed.title)} ({asked})"
        out.print(Text(line))
    if not found and not quiet:
        out.print("No conversations.")


@conversations.command()
def show(ident: Ident, home: Home = None, as_json: Json = False, quiet: Quiet = False) -> None:
    """Print a conversation, each quote held against the archive as it is now."""
    with opened(home, quiet=quiet) as archive:
        talk = archive.conversations.read(ident, owner=EVERYBODY)
        text = "" if as_json else export(talk, form="text", failed=archive.recheck(talk))
    if as_json:
        print_json(talk.to_dict())
    else:
        out.print(Text(text), end="")


@conversations.command("export")
def export_(
    ident: Ident,
    form: Annotated[_Form, typer.Option("--format", help="The form")] = _Form.markdown,
    to: Annotated[Path | None, typer.Option(help="A file [default: standard output]")] = None,
    home: Home = None,
    quiet: Quiet = False,
) -> None:
    """Write a conversation with its quotes: as Markdown, JSON, a page to print, or text."""
    with opened(home, quiet=quiet) as archive:
        talk = archive.conversations.read(ident, owner=EVERYBODY)
        failed = None if form is _Form.json else archive.recheck(talk)
        text = export(talk, form=form.value, failed=failed)
        if to is None:
            typer.echo(text, nl=False)
            return
        try:
            to.write_text(text, encoding="utf-8")
        except OSError as error:
            raise DossierError(f"{to} cannot be written ({error.strerror})") from error


@conversations.command()
def delete(
    ident: Ident,
    home: Home = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
    quiet: Quiet = False,
) -> None:
    """Delete a conversation."""
    with opened(home, quiet=quiet) as archive:
        talk = archive.conversations.read(ident, owner=EVERYBODY)
        asks = out.is_terminal and not (yes or quiet)
        if asks and not typer.confirm(f"Delete {printable(talk.title)!r}?", err=True):
            return
        archive.conversations.delete(ident, owner=EVERYBODY)
    if not quiet:
        out.print(Text(f"Deleted: {printable(talk.title) or ident}"))


def _whose(owner: str) -> str | Everybody:
    return owner or EVERYBODY


@dataclass
class Noted:
    """A question that is being answered: what was answered before it, and the stream it gets."""

    history: Sequence[Answer] = ()
    stream: "AnswerStream | None" = None


@contextmanager
def noted(
    archive: Archive, ident: str, *, question: str, filters: Filters | None, quiet: bool
) -> Iterator[Noted]:
    """Keep a question and what comes of it in a conversation, or in a new one; in none for "".

    Whatever ends the block, Ctrl-C too, what has come is kept. Raises ConversationNotFound.
    """
    if not ident:
        yield Noted()
        return
    talks = archive.conversations
    if ident == _NEW:
        archive.status()  # raises where there is nothing to ask
        talk = talks.create(_LOCAL)
    else:
        talk = talks.read(ident, owner=_LOCAL)
    exchange = talks.add(talk.id, owner=_LOCAL, question=question, filters=filters)
    if ident == _NEW and not quiet:
        err.print(Text(f"Conversation {talk.id}", style="dim"))
    noting = Noted(history=talk.earlier())
    state: ExchangeState = "stopped"
    error = ""
    try:
        yield noting
        state = "done"
    except DossierError as failure:
        state, error = "failed", str(failure)
        raise
    finally:
        answer = noting.stream.answer if noting.stream else None
        if answer and not (answer.complete or answer.sentences):
            talks.spend(talk.id, owner=_LOCAL, used=spending([answer]))
            answer = None
        kept = replace(exchange, state=state, error=error, answer=answer)
        talks.save(kept, owner=_LOCAL)
