"""The errors of asking and answering.

DossierError
├── SettingsError        a setting has a value that it cannot have
├── IngestError          nothing could be ingested (a missing path, no readable file)
├── ArticleNotFound      no article of that id in the archive
├── UploadRefused        a file that was handed in is not taken
├── JobStopped           a piece of work was told to stop
├── BackupError          a backup cannot be made there
├── BadRecord            stored values that are no record of ours
├── ConversationNotFound no conversation of that id, or not this owner's
├── ConversationsTooNew  conversations.db is of a later version
├── WeightsError         model weights cannot be had
│   ├── WrongHash        the bytes are not the pinned ones
│   └── WeightsUnreachable   no place that holds them answered
├── EmbeddingError       the embedding model did not give vectors as asked
└── ModelError           the language model did not answer as asked
    ├── ModelUnreachable     no connection, or a timeout
    ├── ModelRefused         the server says no: key, model name, quota, request
    │   └── PromptTooLong        what was sent is more than the model reads at once
    └── ModelInterrupted     the answer broke off
"""

from collections.abc import Sequence

from corpus import DossierError

__all__ = [
    "ArticleNotFound",
    "BackupError",
    "BadRecord",
    "ConversationNotFound",
    "ConversationsTooNew",
    "EmbeddingError",
    "IngestError",
    "JobStopped",
    "ModelError",
    "ModelInterrupted",
    "ModelRefused",
    "ModelUnreachable",
    "PromptTooLong",
    "SettingsError",
    "UploadRefused",
    "WeightsError",
    "WeightsUnreachable",
    "WrongHash",
]


class SettingsError(DossierError):
    """A setting that cannot be used; the message names it."""


class IngestError(DossierError):
    """There was nothing to ingest. `failed` pairs each path that was tried with the reason."""

    def __init__(self, message: str, *, failed: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.failed = tuple(failed)


class ArticleNotFound(DossierError):
    """The archive has no such article."""


class UploadRefused(DossierError):
    """A file that was handed in is not taken; the message is the reason alone."""


class JobStopped(DossierError):
    """A piece of work was told to stop, and has."""


class BackupError(DossierError):
    """No backup was made; where it was to be nothing is left."""


class BadRecord(DossierError):
    """Plain values that cannot be read as a record; the message names the place."""


class ConversationNotFound(DossierError):
    """There is no such conversation or answer, or it is somebody else's: which, is not said."""


class ConversationsTooNew(DossierError):
    """The file of conversations was written by a later version; it is left as it is."""


class WeightsError(DossierError):
    """The model's weights are not to be had."""


class WrongHash(WeightsError):
    """A weights file does not hold the pinned bytes."""


class WeightsUnreachable(WeightsError):
    """Every place that should hold the weights failed."""


class EmbeddingError(DossierError):
    """No vectors, or none that can be used. The message is fit to show and never holds a key."""


class ModelError(DossierError):
    """The language model failed. The message is fit to show and never holds a key."""


class ModelUnreachable(ModelError):
    """The server cannot be reached, or did not answer in time."""


class ModelRefused(ModelError):
    """The server answered that it will not do this."""


class PromptTooLong(ModelRefused):
    """The question with its passages is longer than the model's context."""


class ModelInterrupted(ModelError):
    """The stream ended before the model had finished."""
