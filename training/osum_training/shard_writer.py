"""Writes a shard of the cache group by group, so that an interrupted one goes on after its last whole group."""

import fcntl
import json
import os
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np

from .cache import FRAMES_PER_SECOND, Cached, cached_line
from .errors import full_disk_told
from .speech_data import Clip

HEADER_BYTES = 128  # numpy pads a header so that growing shapes fit; checked when it is written


class ShardTakenError(Exception):
    """Another process is making this shard, or has made it meanwhile."""


def array_header(frames: int, width: int) -> bytes:
    """The header of a .npy file of [frames, width] float16."""
    file = BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f2", "fortran_order": False, "shape": (frames, width)})
    header = file.getvalue()
    if len(header) != HEADER_BYTES:
        raise RuntimeError(f"numpy {np.__version__} writes array headers of {len(header)} bytes, not {HEADER_BYTES}")
    return header


class ShardWriter:
    """Appends clips to NAME.npy.part and NAME.jsonl.part; `finish` gives both their final names, the manifest last, so
    that a shard exists completely or not at all.

    `rate` is of frames a second; `group` is the number of clips that are added at once; `clips` of an interrupted run,
    a multiple of it, are kept. Raises ShardTakenError if another process has the shard.
    """

    def __init__(self, folder: Path, name: str, width: int, group: int, rate: float = FRAMES_PER_SECOND):
        self.folder, self.name, self.width, self.group, self.rate = folder, name, width, group, rate
        folder.mkdir(parents=True, exist_ok=True)
        self._rows, self._lines = (folder / f"{name}.{kind}.part" for kind in ("npy", "jsonl"))
        self._file = open(self._rows, "a+b")  # noqa: SIM115 - it lives as long as the writer
        self._lock()
        self.clips, self.frames = self._keep()

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            renamed = os.fstat(self._file.fileno()).st_ino != os.stat(self._rows).st_ino
        except (BlockingIOError, FileNotFoundError):
            renamed = True
        if renamed or (self.folder / f"{self.name}.jsonl").exists():
            self._file.close()
            raise ShardTakenError(self.name)

    def _keep(self) -> tuple[int, int]:
        """Cuts both files back to the last whole group of an interrupted run; returns its clips and frames."""
        text = self._lines.read_text() if self._lines.exists() else ""
        lines = text[: text.rfind("\n") + 1].splitlines(keepends=True)
        lines = lines[: len(lines) // self.group * self.group]
        last = json.loads(lines[-1]) if lines else {"offset": 0, "frames": 0}
        frames = last["offset"] + last["frames"]
        size = HEADER_BYTES + 2 * self.width * frames
        if self._file.seek(0, os.SEEK_END) < size:
            lines, frames, size = [], 0, HEADER_BYTES
        self._file.truncate(size)
        if size == HEADER_BYTES:
            self._file.truncate(0)
            self._file.write(bytes(HEADER_BYTES))
            self._file.flush()
        self._lines.write_text("".join(lines))
        return len(lines), frames

    def add(self, clips: Sequence[Clip | Cached], features: Sequence[np.ndarray]) -> None:
        """Appends clips and their hidden states [frames, width] float16; the rows reach the file before the lines."""
        lines = []
        with full_disk_told(self._rows):
            for clip, rows in zip(clips, features, strict=True):
                lines.append(cached_line(clip, self.frames, len(rows), self.name, self.rate))
                self._file.write(np.ascontiguousarray(rows, "<f2").tobytes())
                self.frames += len(rows)
            self._file.flush()
            with open(self._lines, "a") as file:
                file.writelines(lines)
        self.clips += len(lines)

    def finish(self) -> None:
        with full_disk_told(self._rows), open(self._rows, "r+b") as file:
            file.write(array_header(self.frames, self.width))
        os.replace(self._rows, self.folder / f"{self.name}.npy")
        os.replace(self._lines, self.folder / f"{self.name}.jsonl")
        self.close()

    def close(self) -> None:
        self._file.close()
