"""Whether the disk has room for what a step will write, asked before it begins."""

import shutil
from pathlib import Path

from .errors import InputError


def free_bytes(folder: Path) -> int:
    """Free space where `folder` is or will be."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def require_space(folder: Path, needed: float, what: str, remedy: str = "") -> None:
    """Raises InputError if fewer than `needed` bytes are free for `what` in `folder`."""
    free = free_bytes(folder)
    if needed > free:
        raise InputError(
            f"{what} needs {needed / 1e9:.1f} GB in {folder}, but {free / 1e9:.1f} GB are free; "
            f"free some space, or point OSUM_TRAINING_DIR to another disk{remedy}"
        )
