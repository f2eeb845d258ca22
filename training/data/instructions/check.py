"""Checks the hand-written requests and phrases beside this file and prints their counts as Markdown tables.

    PYTHONPATH=training python training/data/instructions/check.py [DATA]

No request may equal or nearly equal one of `held-out.jsonl`, which is for scoring and not counted; with the data folder
DATA, none of the published prompts may recur and none may nearly equal one that is held out of them. Exits with 1 and
one line a fault when a line is not valid.
"""

import json
import sys
from collections import Counter
from pathlib import Path

from osum_training.grammar import COMBINATIONS, TASKS
from osum_training.instruction import plain
from osum_training.instructions import HELD_OUT, published
from osum_training.likeness import TOO_ALIKE, Likeness
from osum_training.phrases import FOLDER as PHRASES
from osum_training.phrases import TYPOS

HERE = Path(__file__).parent
KINDS = ("plain", "indirect", "terse", "polite", "chatter", "typo", "several", "unsupported")
LANGUAGES = ("en", "zh")
FREE_ORDER = ("asr", "align", "chat", "caption", "age", "gender", "emotion", "style")
LONGEST_FILE_LINES = 600
LEGAL = [" ".join(combination) for combination in COMBINATIONS]
PHRASE_FORMS = ("terse", "noun", "clause", "question", "verb", "wish", "not", "talk")
FORMS_LIKE_REQUESTS = ("question", "verb", "wish")  # that are requests by themselves


def written_order(tags: list[str]) -> list[str]:
    """The tags as they must stand: in a combination's order, else in the order of free sets."""
    for combination in COMBINATIONS:
        if set(combination) == set(tags):
            return list(combination)
    return [tag for tag in FREE_ORDER if tag in tags]


def fault(record: dict) -> str | None:
    """What is wrong with one request by itself."""
    if set(record) != {"text", "tags", "lang", "kind"}:
        return f"expected the fields text, tags, lang, kind, got {', '.join(record)}"
    if record["lang"] not in LANGUAGES:
        return f"unknown language {record['lang']!r}"
    if record["kind"] not in KINDS:
        return f"unknown kind {record['kind']!r}"
    if not plain(record["text"]):
        return "no letter or digit in the text"
    if record["tags"] != written_order(record["tags"]):
        return f"tags {record['tags']} should read {written_order(record['tags'])}"
    if (record["kind"] == "unsupported") != (not record["tags"]):
        return f"kind {record['kind']!r} with tags {record['tags']}: no tags and 'unsupported' go together"
    return None


def table(title: str, rows: Counter, order: list[str]) -> str:
    lines = [f"| {title} | en | zh | both |", "|---|---:|---:|---:|"]
    for row in order:
        en, zh = rows[row, "en"], rows[row, "zh"]
        lines.append(f"| {row} | {en} | {zh} | {en + zh} |")
    return "\n".join(lines)


def phrase_fault(record: dict) -> str | None:
    """What is wrong with one phrase by itself."""
    if not {"text", "form", "lang"} <= set(record) <= {"text", "tags", "form", "lang"}:
        return f"expected the fields text, form, lang and perhaps tags, got {', '.join(record)}"
    if record["lang"] not in LANGUAGES:
        return f"unknown language {record['lang']!r}"
    if "tags" in record:
        if record["form"] not in PHRASE_FORMS:
            return f"unknown form {record['form']!r}"
        if record["tags"] not in ([task] for task in TASKS) and tuple(record["tags"]) not in ((), *COMBINATIONS):
            return f"tags {record['tags']} are neither one task nor a combination in its order"
    return None


class Check:
    def __init__(self, data: Path | None):
        prompts, validation = published(data) if data else ([], [])
        self.seen = {plain(prompt.text): "published" for prompt in prompts + validation}
        held_out = map(json.loads, (HERE / HELD_OUT).read_text().splitlines())
        self.scored = Likeness([record["text"] for record in held_out] + [prompt.text for prompt in validation])
        self.faults: list[str] = []
        self.kinds: Counter[tuple[str, str]] = Counter()
        self.wishes: Counter[tuple[str, str]] = Counter()
        self.totals: Counter[tuple[str, str]] = Counter()
        self.phrases: Counter[tuple[str, str]] = Counter()

    def requests(self, path: Path) -> None:
        lines = path.read_text().splitlines()
        if len(lines) >= LONGEST_FILE_LINES:
            self.faults.append(f"{path.name}: {len(lines)} lines, expected fewer than {LONGEST_FILE_LINES}")
        for place, record in self._records(path, fault):
            key = plain(record["text"])
            if key in self.seen:
                self.faults.append(f"{place}: same text as {self.seen[key]}")
            self.seen[key] = place
            self._unscored(place, record["text"])
            tags = " ".join(record["tags"])
            wish = tags if tags in LEGAL else "another set" if tags else "unsupported"
            self.kinds[record["kind"], record["lang"]] += 1
            self.wishes[wish, record["lang"]] += 1
            self.totals["all", record["lang"]] += 1

    def bank(self, path: Path) -> None:
        seen: set[tuple] = set()
        for place, record in self._records(path, phrase_fault):
            about = " ".join(record["tags"]) or "unsupported" if "tags" in record else record["form"]
            key = (about, record["form"], record["lang"], record["text"])
            if key in seen:
                self.faults.append(f"{place}: twice the same phrase")
            seen.add(key)
            if record["form"] in FORMS_LIKE_REQUESTS:
                self._unscored(place, record["text"])
            self.phrases[about, record["lang"]] += 1

    def _records(self, path: Path, problem_of):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            place = f"{path.name}:{number}"
            try:
                record = json.loads(line)
            except json.JSONDecodeError as error:
                self.faults.append(f"{place}: not JSON: {error}")
                continue
            if problem := problem_of(record):
                self.faults.append(f"{place}: {problem}")
                continue
            yield place, record

    def _unscored(self, place: str, text: str) -> None:
        likeness, scored = self.scored.closest(text)
        if likeness >= TOO_ALIKE:
            self.faults.append(f"{place}: {text!r} is {likeness:.2f} like {scored!r}, which is scored on")


def main(arguments: list[str]) -> int:
    check = Check(Path(arguments[0]) if arguments else None)
    for path in sorted(HERE.glob("*.jsonl")):
        if path.name != HELD_OUT:
            check.requests(path)
    for path in sorted(PHRASES.glob("*.jsonl")):
        if path.name != TYPOS:
            check.bank(path)
    print(table("kind", check.kinds, list(KINDS)), end="\n\n")
    print(table("tags", check.wishes, [*LEGAL, "another set", "unsupported"]), end="\n\n")
    print(table("requests", check.totals, ["all"]), end="\n\n")
    print(table("phrases", check.phrases, list(dict.fromkeys(about for about, _ in check.phrases))))
    print(*check.faults, sep="\n", file=sys.stderr)
    return 1 if check.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
