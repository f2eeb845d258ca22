"""Writes the held-out clips as recordings with labelled manifests, so that `osum eval` scores them through the mesh."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatch
from itertools import islice
from pathlib import Path

import soundfile

from .combination_manifest import FILE, combination_lines
from .device import open_device
from .errors import full_disk_told
from .grammar import TASKS
from .mel import SAMPLE_RATE
from .parts import Parts
from .prepare import open_sources
from .preparer import Preparer
from .score import TEST_SETS, TestSet, known_answer
from .shard_tasks import HELD_OUT_SPEECH, Task
from .speech_data import Clip

REPORTED = {"chat-dev": "test"}  # the split of a kind of shards that is scored here, if another than in training


def facts(clip: Clip, task: str) -> dict | None:
    """What a manifest says of a clip for one task, in the fields that `osum eval` reads; None if it is not known."""
    if not known_answer(clip, task):
        return None
    if task == "asr":
        return {"text": clip.text}
    if task == "align":
        words = [{"w": word, "start": round(start, 3), "end": round(end, 3)} for word, start, end in clip.words or ()]
        return {"words": words}
    if task == "chat":
        return {"chat": {"intent": clip.reply_to}}
    return {task: clip.labels[task]}


def manifest_name(test: TestSet) -> str:
    """`asr`, `librispeech-other-dev` -> `asr-librispeech-other-dev.jsonl`."""
    letters = "".join(c if c.isalnum() else " " for c in f"{test.task} {test.name.lower()}")
    return "-".join(letters.split()) + ".jsonl"


def write_validation(parts: Parts, out: Path, clips: int) -> dict[str, int]:
    """Writes `out/audio/*.flac`, a manifest for each test set of `score.TEST_SETS`, with at most `clips` clips of each
    shard, and one that asks these for the combinations; synthetic sentences are spoken anew. Returns the lines of each
    manifest; sets without a clip get none.
    """
    config = replace(parts.config, data=replace(parts.config.data, shard_seconds=float("inf")))
    sources = open_sources(config, parts.data)
    preparer = Preparer(config, parts.data, parts.work, sources, open_device("cpu"))
    recorded = [Task("clean", name) for name in config.data.recordings]
    made = [Task(kind) for kind in HELD_OUT_SPEECH] if config.data.scored_voices else []
    (out / "audio").mkdir(parents=True, exist_ok=True)
    lines: dict[str, list[str]] = {}
    known_of: dict[str, dict[str, dict]] = {}
    with full_disk_told(out):
        for task in recorded + made:
            wanted = [test for test in TEST_SETS if fnmatch(task.name, test.shard)]
            for number, clip in enumerate(islice(_held_out(preparer, task), clips) if wanted else ()):
                path = Path("audio") / f"{task.name}-{number:04d}.flac"
                soundfile.write(out / path, clip.audio, SAMPLE_RATE, subtype="PCM_16")
                known = {name: fact for name in TASKS if (fact := facts(clip, name)) is not None}
                known_of[str(path)] = {name: fact for name, fact in known.items() if is_learnt(clip, name)}
                for test in wanted:
                    if test.takes(clip):
                        line = {"audio": str(path), "set": test.name, "language": "en"} | known[test.task]
                        lines.setdefault(manifest_name(test), []).append(json.dumps(line, ensure_ascii=False))
        combined = combination_lines(known_of, random.Random(config.seed))
        lines[FILE] = [json.dumps(line, ensure_ascii=False) for line in combined]
        for name, of_set in lines.items():
            (out / name).write_text("\n".join(of_set) + "\n", encoding="utf-8")
    return {name: len(of_set) for name, of_set in lines.items()}


def is_learnt(clip: Clip, task: str) -> bool:
    """Whether training has the like of a clip for a task: it has no children's genders."""
    return task != "gender" or clip.labels.get("age") != "CHILD"


def _held_out(preparer: Preparer, task: Task) -> Iterator[Clip]:
    limit, split = preparer.config.data.max_seconds * SAMPLE_RATE, REPORTED.get(task.kind, "dev")
    return (clip for clip in preparer.clips(task) if clip.split == split and len(clip.audio) <= limit)
