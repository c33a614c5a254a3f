"""Lock files by which readers keep a generation from being removed."""

import os
import uuid
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from vectorstore.layout import GenerationFiles

__all__ = ["drop_lease", "is_leased", "take_lease"]


def take_lease(files: GenerationFiles) -> FileLock | None:
    """A lock file that tells writers that this process reads the generation.

    None where the disk is read-only: then no writer can remove anything either.
    """
    if not os.access(files.folder, os.W_OK):
        return None
    try:
        files.leases.mkdir(exist_ok=True)
        path = files.leases / f"{os.getpid()}-{uuid.uuid4().hex[:8]}.lock"
        lease = FileLock(path, timeout=0, thread_local=False)
        lease.acquire()
    except (OSError, Timeout):
        return None
    return lease


def drop_lease(lease: FileLock | None) -> None:
    """Free the lease and remove its file."""
    if lease is not None:
        # Unlinked first: a writer never finds a free lock file that is about to go.
        with suppress(OSError):
            Path(lease.lock_file).unlink()
        lease.release(force=True)


def is_leased(files: GenerationFiles) -> bool:
    """Whether a living process reads the generation."""
    for path in files.leases.glob("*.lock"):
        probe = FileLock(path, timeout=0)
        try:
            probe.acquire()
        except (Timeout, OSError):
            return True
        probe.release()
    return False
