"""The errors of asking and answering.

DossierError
├── SettingsError        a setting has a value that it cannot have
├── IngestError          nothing could be ingested (a missing path, no readable file)
├── ArticleNotFound      no article of that id in the archive
├── BackupError          a backup cannot be made there
├── WeightsError         model weights cannot be had
│   ├── WrongHash        the bytes are not the pinned ones
│   └── WeightsUnreachable   no place that holds them answered
├── EmbeddingError       the embedding model did not give vectors as asked
└── ModelError           the language model did not answer as asked
    ├── ModelUnreachable     no connection, or a timeout
    ├── ModelRefused         the server says no: key, model name, quota, request
    └── ModelInterrupted     the answer broke off
"""

from corpus import DossierError

__all__ = [
    "ArticleNotFound",
    "BackupError",
    "EmbeddingError",
    "IngestError",
    "ModelError",
    "ModelInterrupted",
    "ModelRefused",
    "ModelUnreachable",
    "SettingsError",
    "WeightsError",
    "WeightsUnreachable",
    "WrongHash",
]


class SettingsError(DossierError):
    """A setting that cannot be used; the message names it."""


class IngestError(DossierError):
    """There was nothing to ingest."""


class ArticleNotFound(DossierError):
    """The archive has no such article."""


class BackupError(DossierError):
    """No backup was made; where it was to be nothing is left."""


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


class ModelInterrupted(ModelError):
    """The stream ended before the model had finished."""
