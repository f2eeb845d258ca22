"""Reads all recordings that are still to be encoded, without decoding them, so that what is wrong with them is told
before hours are spent. What was found right is remembered until the files change.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

from .formats.clips import check_unit
from .shard_tasks import Lengths, Sources, Task
from .speech_data import Recordings

MEMORY = "checked-sources.json"


def _stamp(paths: list[Path]) -> list:
    """What changes when one of the files does."""
    return [[str(path), path.stat().st_size, path.stat().st_mtime_ns] for path in paths]


def checked_lengths(wanted: list[Task], sources: Sources, data: Path, work: Path) -> Lengths:
    """Clips and seconds of every source that `wanted` reads. Raises InputError for the first thing that is wrong:
    a missing file, a line without its clip, an unknown label, audio that cannot be read.
    """
    known = json.loads((work / MEMORY).read_text()) if (work / MEMORY).exists() else {}
    lengths: dict[str, tuple[int, float]] = {}
    for task in wanted:
        name = task.source if task.unit is None else f"{task.source}-{task.unit}"
        if not task.source or name in lengths:
            continue
        paths, check = _reader(task, sources, data)
        stamp = _stamp(paths)
        if known.get(name, {}).get("files") != stamp:
            print(f"checking {name}", flush=True)
            clips, seconds = check()
            known[name] = {"files": stamp, "clips": clips, "seconds": seconds}
            _remember(known, work)
        lengths[name] = (known[name]["clips"], known[name]["seconds"])
    return lengths


def _reader(task: Task, sources: Sources, data: Path) -> tuple[list[Path], Callable[[], tuple[int, float]]]:
    """The files of a task's source, and what reads them."""
    if task.unit is None:
        recordings = Recordings(data / "speech", task.source)
        return [recordings.manifest, recordings.tar_path], recordings.check
    unit = sources[task.source][1][task.unit]
    return [path for path in (unit.tar, unit.lines) if path is not None], lambda: check_unit(unit)


def _remember(known: dict, work: Path) -> None:
    work.mkdir(parents=True, exist_ok=True)
    part = work / f"{MEMORY}.part"
    part.write_text(json.dumps(known, indent=1))
    os.replace(part, work / MEMORY)
