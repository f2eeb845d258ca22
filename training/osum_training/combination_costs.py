"""What combinations cost their parts, from the answers to a combination manifest that `osum eval --out` keeps."""

import statistics
from pathlib import Path
from typing import NamedTuple

from .combination_manifest import ALONE
from .errors import InputError
from .grammar import COMBINATIONS, TASKS, tag_string
from .json_lines import json_lines

COMBINED = {tag_string(tasks) for tasks in COMBINATIONS if len(tasks) > 1}


class Part(NamedTuple):
    """One task's score over all combinations, and of the same clips alone; in percent right, word starts in ms (median
    error).
    """

    task: str
    clips: int
    combined: float
    alone: float


class Costs(NamedTuple):
    """`whole`: of the `asked` combinations, those of which every part was answered."""

    asked: int
    whole: int
    parts: list[Part]


def combination_costs(results: Path) -> Costs:
    """Raises InputError where `results` is missing, holds no answers to combinations, or a line of something else."""
    combined: dict[str, list] = {}
    alone: dict[str, list] = {}
    asked = whole = 0
    for place, answer in json_lines(results):
        if not answer.keys() >= {"set", "hypothesis", "errors"}:
            raise InputError(f"{place}: expected an answer, as osum eval --out writes it")
        name = answer["set"]
        if (tags := name.removeprefix(ALONE)) not in COMBINED:
            continue
        if name == tags:
            asked += 1
            whole += answer["hypothesis"].get("intent") == tags
        for task, errors in answer["errors"].items():
            (combined if name == tags else alone).setdefault(task, []).append(errors)
    if not asked:
        raise InputError(f"{results} has no answers to combinations; ask them by osum eval combinations.jsonl --out")
    found = [task for task in TASKS if task in combined and task in alone]
    parts = [Part(task, len(combined[task]), _score(task, combined[task]), _score(task, alone[task])) for task in found]
    return Costs(asked, whole, parts)


def _score(task: str, found: list[dict]) -> float:
    if task == "asr":
        counts = [errors["words"] for errors in found]
        wrong = sum(count["substitutions"] + count["insertions"] + count["deletions"] for count in counts)
        return 100 * (1 - wrong / sum(count["reference"] for count in counts))
    if task == "align":
        return statistics.median(error for errors in found for error in errors["startErrorsMs"])
    right = [errors["fits"] if task == "chat" else errors["expected"] == errors.get("given") for errors in found]
    return 100 * sum(right) / len(right)
