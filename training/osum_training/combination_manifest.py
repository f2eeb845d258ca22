"""A manifest of the 22 combinations for `osum eval`: each asked of clips that know one of its answers at least, and the
same clips asked for these answers one by one, so that what the combination costs can be told.
"""

import random
from collections.abc import Mapping

from .grammar import COMBINATIONS, tag_string

CLIPS = 30  # for each part of a combination
FILE = "combinations.jsonl"
ALONE = "single tasks for "  # begins the sets of the parts

Known = Mapping[str, dict]  # task -> what a manifest says of a clip for it


def combination_lines(clips: Mapping[str, Known], rng: random.Random) -> list[dict]:
    """`clips`: path of a recording -> what is known of it. A line holds the recording, its tags, what is known of these
    tasks, and as its set the combination, or `single tasks for COMBINATION`.
    """
    lines = []
    for tasks in COMBINATIONS:
        for path in _chosen(clips, tasks, rng):
            answered = [task for task in tasks if task in clips[path]]
            lines.append(_line(path, tag_string(tasks), tag_string(tasks), clips[path], answered))
            if len(tasks) == 1:
                continue
            for task in answered:
                alone = tag_string(("asr", "align") if task == "align" else (task,))
                lines.append(_line(path, alone, ALONE + tag_string(tasks), clips[path], [task]))
    return lines


def _line(path: str, tags: str, name: str, known: Known, tasks: list[str]) -> dict:
    facts = {key: value for task in tasks for key, value in known[task].items()}
    return {"audio": path, "set": name, "language": "en", "tags": tags} | facts


def _chosen(clips: Mapping[str, Known], tasks: tuple[str, ...], rng: random.Random) -> list[str]:
    """For each part clips that know it, those first that know most of the other parts."""
    chosen: list[str] = []
    for part in tasks:
        knowing = [path for path, known in clips.items() if part in known and path not in chosen]
        rng.shuffle(knowing)
        knowing.sort(key=lambda path: -sum(task in clips[path] for task in tasks))
        chosen += knowing[:CLIPS]
    return chosen
