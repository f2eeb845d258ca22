"""The one kind of error that the command line reports as a sentence instead of a traceback."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class InputError(ValueError):
    """Something that whoever reads the message can put right: a file, a setting, a program, space on a disk.

    The message is one sentence: what was expected, what came, what to do.
    """


@contextmanager
def full_disk_told(path: Path) -> Iterator[None]:
    """Turns the failure to write `path` for lack of space into an InputError."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise InputError(
            f"the disk is full: {path} could not be written; free some space and run the same command again, "
            "it goes on from what was written before"
        ) from error
