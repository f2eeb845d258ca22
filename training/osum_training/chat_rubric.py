"""The intents of the closed chat domain, their replies, and the rule that tells whether a reply fits an intent.

The rule is data, in `data/chat/intents.jsonl`; `data/chat/RUBRIC.md` states in words how it is read.
`python -m osum_training.chat_rubric` prints how often a reply to one intent passes for another.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .errors import InputError
from .json_lines import json_lines

CHAT_DATA = Path(__file__).resolve().parents[1] / "data" / "chat"
_RUBRIC_KEYS = {"needs", "forbids", "words", "repeats"}
_PATTERN = re.compile(r"[a-z']+( [a-z']+)*\*?")


def reply_words(reply: str) -> list[str]:
    """Lower case; a right single quote is an apostrophe; all but a to z and apostrophes separates words.

    Apostrophes at the edge of a word are dropped: `"I don’t," he said` -> i, don't, he, said.
    """
    runs = re.findall(r"[a-z']+", reply.lower().replace("’", "'"))
    return [word for run in runs if (word := run.strip("'"))]


@dataclass(frozen=True)
class Rubric:
    """`needs`: of each group at least one pattern occurs. `forbids`: no pattern occurs. `words`: the least and the
    most words. `repeats`: how often one word may stand in the reply.

    A pattern is one word or several in a row; `*` at its end lets the last word go on.
    """

    needs: tuple[tuple[str, ...], ...]
    forbids: tuple[str, ...]
    words: tuple[int, int]
    repeats: int

    def fits(self, reply: str) -> bool:
        words = reply_words(reply)
        least, most = self.words
        if not least <= len(words) <= most or max(Counter(words).values()) > self.repeats:
            return False
        text = f" {' '.join(words)} "
        return all(_any_occurs(group, text) for group in self.needs) and not _any_occurs(self.forbids, text)


def _any_occurs(patterns: Iterable[str], text: str) -> bool:
    return any((f" {p[:-1]}" if p.endswith("*") else f" {p} ") in text for p in patterns)


@dataclass(frozen=True)
class Intent:
    name: str
    number: int  # its place in the file
    replies: tuple[str, ...]
    rubric: Rubric


def rubric_from_json(value: Any, place: str) -> Rubric:
    """The `rubric` of an intents line; InputError where it is not as RUBRIC.md says."""
    if not isinstance(value, dict) or value.keys() != _RUBRIC_KEYS:
        raise InputError(f"{place}: expected a rubric with needs, forbids, words and repeats, got {value!r}")
    needs, forbids, words, repeats = value["needs"], value["forbids"], value["words"], value["repeats"]
    if not (isinstance(needs, list) and needs and all(isinstance(group, list) and group for group in needs)):
        raise InputError(f"{place}: expected needs to be a list of lists of patterns, none empty, got {needs!r}")
    if not isinstance(forbids, list):
        raise InputError(f"{place}: expected forbids to be a list of patterns, got {forbids!r}")
    for pattern in [p for group in needs for p in group] + forbids:
        if not isinstance(pattern, str) or not _PATTERN.fullmatch(pattern):
            raise InputError(
                f"{place}: expected patterns of lower-case words with single spaces, a * at the end at most, "
                f"got {pattern!r}"
            )
    if not (isinstance(words, list) and len(words) == 2 and all(type(n) is int for n in words) and words[0] >= 1):
        raise InputError(f"{place}: expected words to be two counts, the least and the most, got {words!r}")
    if type(repeats) is not int or repeats < 1:
        raise InputError(f"{place}: expected repeats to be a count from 1 on, got {repeats!r}")
    return Rubric(tuple(map(tuple, needs)), tuple(forbids), (words[0], words[1]), repeats)


def read_intents(folder: Path = CHAT_DATA) -> dict[str, Intent]:
    """All intents of `intents.jsonl` by name, in the file's order. Every reply passes its own rubric."""
    path = folder / "intents.jsonl"
    if not path.is_file():
        raise InputError(f"{path} is missing; it belongs to the chat domain and is part of the repository")
    intents: dict[str, Intent] = {}
    for place, record in json_lines(path):
        if record.keys() != {"intent", "replies", "rubric"}:
            raise InputError(f"{place}: expected the keys intent, replies and rubric, got {sorted(record)}")
        name, replies = record["intent"], record["replies"]
        if not isinstance(name, str) or not name or name in intents:
            raise InputError(f"{place}: expected a name that no other intent has, got {name!r}")
        if not (isinstance(replies, list) and replies and all(isinstance(reply, str) for reply in replies)):
            raise InputError(f"{place}: expected replies to be a list of texts, got {replies!r}")
        rubric = rubric_from_json(record["rubric"], place)
        for reply in replies:
            if not rubric.fits(reply):
                raise InputError(f"{place}: the reply {reply!r} does not pass the rubric of its own intent {name}")
        intents[name] = Intent(name, len(intents), tuple(replies), rubric)
    if not intents:
        raise InputError(f"{path} has no intent; expected at least one")
    return intents


@cache
def _shipped_intents() -> dict[str, Intent]:
    return read_intents()


def fits(intent: str, reply: str) -> bool:
    """Whether `reply` is an answer to something said with this intent, by the shipped rubric; KeyError if unknown."""
    return _shipped_intents()[intent].rubric.fits(reply)


def confusion(intents: Mapping[str, Intent]) -> dict[tuple[str, str], float]:
    """(asked, replied) -> share of the replies to intent `replied` that pass the rubric of another intent `asked`."""
    return {
        (asked.name, replied.name): sum(map(asked.rubric.fits, replied.replies)) / len(replied.replies)
        for asked in intents.values()
        for replied in intents.values()
        if asked is not replied
    }


def main() -> None:
    intents = read_intents()
    shares = confusion(intents)
    print(f"{len(intents)} intents, {sum(len(i.replies) for i in intents.values())} replies")
    print(f"a reply to a random other intent passes {sum(shares.values()) / len(shares):.2%} of the time")
    by_rubric = {a: sum(s for (asked, _), s in shares.items() if asked == a) / (len(intents) - 1) for a in intents}
    for name, share in sorted(by_rubric.items(), key=lambda item: -item[1])[:5]:
        print(f"  most lenient: {name} accepts {share:.1%} of the replies to others")
    for (asked, replied), share in sorted(shares.items(), key=lambda item: -item[1]):
        if share > 0:
            passing = [reply for reply in intents[replied].replies if intents[asked].rubric.fits(reply)]
            print(f"  {asked} accepts {share:.0%} of {replied}: {passing[0]}")


if __name__ == "__main__":
    main()
