"""The closed chat domain: what people say, by intent, and the replies to it (task <chat>).

`data/chat/utterances/*.jsonl` holds one record a line, {"intent", "split", "text"}: train is drawn from while training,
dev chooses between checkpoints, test is for the reported score.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .chat_rubric import CHAT_DATA, Intent, read_intents
from .errors import InputError
from .json_lines import json_lines
from .text import spoken_form

SPLITS = ("train", "dev", "test")
WORDS = (1, 16)  # of an utterance, least and most
OPENERS = ("Hello", "Hi", "Hey", "Well", "So", "Okay", "Oh", "Um")  # what people begin with, whatever follows
OPENED = 0.15  # share of training draws that get an opener
JOINED = 0.1  # share of training draws that are two lines of one intent
_TEXT = re.compile(r"[A-Za-z][A-Za-z',.?! ]*[.?!]")


@dataclass(frozen=True)
class ChatLine:
    """Something said: plain words that a speech synthesiser reads well, with the intent that a reply must meet."""

    intent: str
    split: str
    text: str


def _checked(record: dict, place: str, intents: dict[str, Intent]) -> ChatLine:
    if record.keys() != {"intent", "split", "text"}:
        raise InputError(f"{place}: expected the keys intent, split and text, got {sorted(record)}")
    intent, split, text = record["intent"], record["split"], record["text"]
    if intent not in intents:
        raise InputError(f"{place}: the intent {intent!r} is not in intents.jsonl; add it there or correct it here")
    if split not in SPLITS:
        raise InputError(f"{place}: expected the split to be one of {', '.join(SPLITS)}, got {split!r}")
    if not isinstance(text, str) or not _TEXT.fullmatch(text):
        raise InputError(
            f"{place}: expected letters, apostrophes, commas and spaces with . ? or ! at the end, got {text!r}"
        )
    count = len(spoken_form(text).split())
    if not WORDS[0] <= count <= WORDS[1]:
        raise InputError(f"{place}: expected {WORDS[0]} to {WORDS[1]} words, got {count}: {text!r}")
    return ChatLine(intent, split, text)


def read_utterances(intents: dict[str, Intent], folder: Path = CHAT_DATA) -> list[ChatLine]:
    """All lines of `utterances/*.jsonl`, in the order of the files' names. No two have the same spoken form, so no
    held-out line is trained on, and each split has lines of each intent.
    """
    paths = sorted((folder / "utterances").glob("*.jsonl"))
    if not paths:
        raise InputError(f"{folder / 'utterances'} has no .jsonl file; it belongs to the chat domain")
    lines: list[ChatLine] = []
    places: dict[str, str] = {}
    for path in paths:
        for place, record in json_lines(path):
            line = _checked(record, place, intents)
            spoken = spoken_form(line.text)
            if spoken in places:
                raise InputError(f"{place}: {line.text!r} stands in {places[spoken]} already; remove one of the two")
            places[spoken] = place
            lines.append(line)
    present = {(line.intent, line.split) for line in lines}
    for intent in intents:
        for split in SPLITS:
            if (intent, split) not in present:
                raise InputError(f"the intent {intent} has no {split} line in {folder / 'utterances'}; write some")
    return lines


class ChatLines:
    """The lines of one split; `intents` has the replies and rubrics, `lines` what is said, for scoring in order."""

    def __init__(self, split: str, folder: Path = CHAT_DATA):
        if split not in SPLITS:
            raise ValueError(f"expected a split of the chat domain, one of {', '.join(SPLITS)}, got {split!r}")
        self.split = split
        self.intents = read_intents(folder)
        self.lines: Sequence[ChatLine] = [line for line in read_utterances(self.intents, folder) if line.split == split]
        self._of_intent: dict[str, list[ChatLine]] = {}
        for line in self.lines:
            self._of_intent.setdefault(line.intent, []).append(line)

    def draw_line(self, rng: random.Random) -> ChatLine:
        """A line, each as likely, as it is written; `text.spoken_form` makes a transcript of its text. In training some
        get an opener such as `Well,`, or a second line of their intent.
        """
        line = rng.choice(self.lines)
        if self.split != "train":
            return line
        kind = rng.random()
        if kind < OPENED and not line.text.startswith(OPENERS):
            return replace(line, text=f"{rng.choice(OPENERS)}, {line.text}")
        if OPENED <= kind < OPENED + JOINED:
            return replace(line, text=f"{line.text} {rng.choice(self._of_intent[line.intent]).text}")
        return line

    def fits(self, line: ChatLine, reply: str) -> bool:
        """Whether `reply` meets the rubric of the line's intent."""
        return self.intents[line.intent].rubric.fits(reply)
