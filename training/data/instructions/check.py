"""Checks the hand-written requests beside this file and prints their counts as Markdown tables.

    PYTHONPATH=training python training/data/instructions/check.py [JSONL ...]

Each JSONL argument holds requests (field "text") that must not recur here, for instance the published prompts or a
held-out list; `held-out.jsonl` itself is not counted. Exits with 1 and one line a fault when a line is not valid.
"""

import json
import sys
import unicodedata
from collections import Counter
from pathlib import Path

from osum_training.grammar import COMBINATIONS

HERE = Path(__file__).parent
KINDS = ("plain", "indirect", "terse", "polite", "chatter", "typo", "several", "unsupported")
LANGUAGES = ("en", "zh")
FREE_ORDER = ("asr", "align", "chat", "caption", "age", "gender", "emotion", "style")
LONGEST_FILE_LINES = 600


def bare(text: str) -> str:
    """What tells two requests apart: letters and digits, without case, punctuation or space."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


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
    if not bare(record["text"]):
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


def main(others: list[str]) -> int:
    seen = {
        bare(json.loads(line)["text"]): f"{name}:{number}"
        for name in others
        for number, line in enumerate(Path(name).read_text().splitlines(), 1)
    }
    faults: list[str] = []
    kinds, wishes, totals = Counter(), Counter(), Counter()
    legal = [" ".join(combination) for combination in COMBINATIONS]
    for path in sorted(HERE.glob("*.jsonl")):
        if path.name == "held-out.jsonl":
            continue
        lines = path.read_text().splitlines()
        if len(lines) >= LONGEST_FILE_LINES:
            faults.append(f"{path.name}: {len(lines)} lines, expected fewer than {LONGEST_FILE_LINES}")
        for number, line in enumerate(lines, 1):
            place = f"{path.name}:{number}"
            try:
                record = json.loads(line)
            except json.JSONDecodeError as error:
                faults.append(f"{place}: not JSON: {error}")
                continue
            if problem := fault(record):
                faults.append(f"{place}: {problem}")
                continue
            key = bare(record["text"])
            if key in seen:
                faults.append(f"{place}: same text as {seen[key]}")
            seen[key] = place
            tags = " ".join(record["tags"])
            wish = tags if tags in legal else "another set" if tags else "unsupported"
            kinds[record["kind"], record["lang"]] += 1
            wishes[wish, record["lang"]] += 1
            totals["all", record["lang"]] += 1
    print(table("kind", kinds, list(KINDS)), end="\n\n")
    print(table("tags", wishes, [*legal, "another set", "unsupported"]), end="\n\n")
    print(table("requests", totals, ["all"]))
    print(*faults, sep="\n", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
