"""English text: the spoken form that transcripts are trained in, and pools of sentences to synthesise."""

import gzip
import json
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

from .data_folder import data_file

LETTERS = " 'abcdefghijklmnopqrstuvwxyz"  # all that a spoken form holds
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TITLES = {r"\bmr\b": "mister", r"\bmrs\b": "missus", r"\bdr\b": "doctor", r"\bst\b": "saint"}


def spoken_form(text: str) -> str:
    """Lower case, letters and apostrophes only, titles spelled out: `Mr. Fox-Hunter` -> `mister fox hunter`."""
    text = text.lower().replace("’", "'")
    for title, words in _TITLES.items():
        text = re.sub(title, words, text)
    text = re.sub(r"[^a-z' ]+", " ", text)
    text = re.sub(r"(?<![a-z])'+|'+(?![a-z])", " ", text)
    return " ".join(text.split())


PASSAGE = 3  # sentences
SECONDS_A_SENTENCE = 6.0  # of a shard of all kinds of lines, about, for each book sentence in it
RUN = 7  # words in a row that two texts hardly share by chance


def _runs(words: list[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(words[start : start + RUN]) for start in range(max(1, len(words) - RUN + 1)))


class HeldOut:
    """Texts that are scored on, and whether another one repeats a part of them: a run of seven words, or the whole of a
    shorter one.
    """

    def __init__(self, texts: Iterable[str]):
        self.runs = {run for text in texts for run in _runs(spoken_form(text).split())}

    def share(self, words: str) -> bool:
        """`words`: in spoken form."""
        return any(run in self.runs for run in _runs(words.split()))


@dataclass
class Line:
    """A sentence to speak, its transcript, and the labels that the words themselves carry."""

    spoken: str
    transcript: str
    labels: dict[str, str] = field(default_factory=dict)


class Sentences:
    """Draws lines to synthesise: book sentences, sentences of a known style, digit strings, and two or three joined."""

    def __init__(self, data: Path):
        with gzip.open(data_file(data / "text" / "sentences-en.txt.gz"), "rt") as file:
            self.plain = [line.strip() for line in file if line.strip()]
        with gzip.open(data_file(data / "text" / "style-sentences-en.jsonl.gz"), "rt") as file:
            self.styled: dict[str, list[str]] = {}
            for record in map(json.loads, file):
                self.styled.setdefault(record["style"], []).append(record["text"])
        # The tail of every list is for validation, so no sentence is both trained on and scored on.
        self.held_out = self.plain[-2000:]
        self.plain = self.plain[:-2000]
        self.styled_held_out = {style: texts[-len(texts) // 20 :] for style, texts in self.styled.items()}
        self.styled = {style: texts[: -len(texts) // 20] for style, texts in self.styled.items()}

    def deal(self, shard: int, seconds: float) -> Iterator[str]:
        """Book sentences to train on, without end: those behind what the shards before this one, of `seconds` each,
        need about, so that no sentence comes again before nearly all were spoken.
        """
        first = int(shard * seconds / SECONDS_A_SENTENCE) % len(self.plain)
        return islice(cycle(self.plain), first, None)

    def draw(self, rng: random.Random, held_out: bool = False, dealt: Iterator[str] | None = None) -> Line:
        """A line of any kind; book sentences come from `dealt`, or at random."""
        kind = rng.random()
        if kind < 0.07:
            words = " ".join(rng.choice(DIGITS) for _ in range(rng.randint(2, 10)))
            return Line(words, words)
        if kind < 0.27:
            return self.draw_styled(rng, held_out)
        count = rng.choices((1, 2, 3), (0.68, 0.22, 0.10))[0]
        pool = self.held_out if held_out else self.plain
        texts = [next(dealt) if dealt else rng.choice(pool) for _ in range(count)]
        return self._joined(texts, {})

    def draw_styled(self, rng: random.Random, held_out: bool = False) -> Line:
        """One to three sentences of a known style, each style as likely; of the held-out ones a single sentence."""
        pools = self.styled_held_out if held_out else self.styled
        style = rng.choice(sorted(pools))
        count = 1 if held_out else rng.randint(1, PASSAGE)
        return self._joined([rng.choice(pools[style]) for _ in range(count)], {"style": style})

    def held_out_passages(self, rng: random.Random, count: int) -> Iterator[Line]:
        """`count` passages of each known style, of three held-out sentences each: a style is a passage's, and one
        sentence often does not tell it.
        """
        for style, texts in sorted(self.styled_held_out.items()):
            for _ in range(count):
                yield self._joined([rng.choice(texts) for _ in range(PASSAGE)], {"style": style})

    @staticmethod
    def _joined(texts: list[str], labels: dict[str, str]) -> Line:
        return Line(" ".join(texts), " ".join(map(spoken_form, texts)), labels)


def corpus(data: Path, rng: random.Random) -> list[str]:
    """Transcripts to train the tokenizer on: book sentences, sentences of every style, digit strings."""
    sentences = Sentences(data)
    styled = [spoken_form(text) for texts in sentences.styled.values() for text in texts]
    digits = [" ".join(rng.choice(DIGITS) for _ in range(6)) for _ in range(1000)]
    return (
        [spoken_form(text) for text in sentences.plain[:40_000]] + rng.sample(styled, min(8000, len(styled))) + digits
    )
