"""The folder of recordings and texts that --data names."""

from pathlib import Path

from .errors import InputError


def data_file(path: Path) -> Path:
    """`path` itself. Raises InputError if it is missing."""
    if not path.is_file():
        raise InputError(f"{path} is missing; --data must name the folder that holds speech/, text/ and instructions/")
    return path
