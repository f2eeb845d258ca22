"""Batches of cached speech: clips of like length together, a task combination and a prompt drawn for each."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from .cache import ROWS_PER_SECOND, Cached, FeatureCache
from .chat_rubric import read_intents
from .emotion_teacher import EMOTIONS, EmotionTeacher, is_known, is_taught
from .errors import InputError
from .grammar import LABELS, answerable, partly_answerable, tag_string, trained_labels
from .instructions import Instructions
from .padded_groups import padded_groups
from .repetition import repeated
from .replies import Replies
from .sequences import Sequence
from .text import LETTERS
from .tokenizer import Tokenizer

# How often a recording of a source comes in one round; fractions are the chance to come at all.
REPEATS = {
    "librispeech-3spk": 3.0,
    "librispeech-clean100": 7.0,
    "wakewords": 0.3,
    "fsdd-joined": 0.5,
    "fsdd": 0.6,
    "emogator": 0.6,
    "emodb": 12.0,
    "chat": 4.0,
    "donateacry": 1.5,
    "esc10": 1.5,
}
WORDLESS = {"emogator", "donateacry", "esc10", "emodb"}  # nothing to write down; elsewhere a text is only unknown
FREE_FORM_SHARE = 0.2  # of the clips are asked in natural language, the others by their tags
ASR_ALONE_SHARE = 0.45
ALIGN_SHARE = 0.25  # of the clips with word times
MIXED_SHARE = 0.5  # of the clips asked for other combinations: for one that they know only a part of
CHAT_SHARE = 0.7  # of the clips that speak to be answered
TOLD_SHARE = 0.2  # of the clips of unknown emotion, of which the teacher tells
MOVED_SHARE = 0.8  # of these, and of the clips that it was fitted on
CERTAIN = 0.5  # probability from which on the teacher's emotion is a label of what was moved
VOICE = {"gender", "age"}  # what a moved clip does not tell any more
POOL_SECONDS = 5400.0
SYNTHETIC_SHARE = 0.65  # of the seconds of a round


@dataclass
class SpeechBatch:
    """features [batch, E, width], lengths [batch] in the cache's frames; ctc: transcript ids, then the ids of all known
    labels; letters: the transcript's letters as places in LETTERS; told: how probable each emotion is by a teacher.
    """

    clips: list[Cached]
    features: Tensor
    lengths: Tensor
    ctc: list[list[int]]
    letters: list[list[int]]
    sequences: list[Sequence]
    told: list[np.ndarray | None]

    def whole(self, synthetic_masks: bool = True) -> list[bool]:
        """Which clips are not to be masked: those that a teacher tells of, since what it hears is in all channels
        together, and synthetic speech without `synthetic_masks`.
        """
        return [
            probable is not None or (clip.source == "synthetic" and not synthetic_masks)
            for clip, probable in zip(self.clips, self.told, strict=True)
        ]

    @property
    def seconds(self) -> float:
        return sum(clip.seconds for clip in self.clips)


def ctc_target(clip: Cached, tokenizer: Tokenizer) -> list[int]:
    """What CTC should read in a clip: the words, then its labels in a fixed order, so that the rows carry both to the
    decoder. Nothing if a word has pieces that are no classes of CTC.
    """
    if not clip.text and clip.source not in WORDLESS:
        return []
    words = tokenizer.transcript(clip.text) if clip.text else []
    if any(token >= tokenizer.spoken for token in words):
        return []
    return words + [tokenizer.symbol(f"<{clip.labels[task]}>") for task in LABELS if task in clip.labels]


def letter_target(clip: Cached) -> list[int]:
    """The places in LETTERS of a transcript in spoken form; nothing of other writing."""
    places = [LETTERS.find(letter) for letter in clip.text or ""]
    return [] if -1 in places else places


def collate(cache: FeatureCache, clips: list[Cached]) -> tuple[Tensor, Tensor]:
    """The cache's hidden states or speech rows [batch, E, width] float16, and lengths [batch], both on the host."""
    lengths = torch.tensor([clip.frames for clip in clips], device="cpu")
    features = np.zeros((len(clips), int(lengths.max()), cache.rows(clips[0]).shape[1]), np.float16)
    for row, clip in enumerate(clips):
        features[row, : clip.frames] = cache.rows(clip)
    return torch.from_numpy(features), lengths


class SpeechBatches:
    """`for_ctc` leaves out the clips that CTC cannot learn from. `weights`: how often a recording of a source comes in
    one round, beside REPEATS; `repetition`: how their fractions are read (PhaseConfig); `teacher`: hears emotions in
    clips whose emotion is not known.
    """

    def __init__(
        self,
        cache: FeatureCache,
        tokenizer: Tokenizer,
        instructions: Instructions,
        batch_seconds: float,
        for_ctc: bool = False,
        weights: dict[str, float] | None = None,
        repetition: str = "fractional",
        teacher: EmotionTeacher | None = None,
    ):
        self.cache, self.tokenizer, self.instructions, self.batch_seconds = (
            cache,
            tokenizer,
            instructions,
            batch_seconds,
        )
        self.for_ctc, self.replies = for_ctc, Replies(tokenizer, read_intents())
        self.repeats, self.repetition = REPEATS | (weights or {}), repetition
        self.teacher = teacher

    def __call__(self, rng: random.Random) -> Iterator[SpeechBatch]:
        """Endless; takes in shards that were finished meanwhile after each round."""
        while True:
            self.cache.refresh()
            chosen = self._round(rng)
            if not chosen:
                raise InputError(f"{self.cache.folder} has no clip that can be trained on; run prepare first")
            start = 0
            while start < len(chosen):
                pool, seconds = [], 0.0
                while start < len(chosen) and seconds < POOL_SECONDS:
                    pool.append(chosen[start])
                    seconds += chosen[start].seconds
                    start += 1
                yield from self._batches(pool, rng)

    def _round(self, rng: random.Random) -> list[Cached]:
        """Every recording as often as its source says, each time as one of its copies (clean or disturbed), and as much
        synthetic speech as its share asks for: all of it once before any of it comes again.
        """
        copies: dict[str, list[Cached]] = {}
        synthetic = []
        for clip in self.cache.clips:
            if clip.split != "train" or not self._usable(clip):
                continue
            if clip.source == "synthetic":
                synthetic.append(clip)
            else:
                copies.setdefault(clip.recording, []).append(clip)
        chosen = [rng.choice(same) for same in repeated(list(copies.values()), self.repeats, self.repetition, rng)]
        left = sum(clip.seconds for clip in chosen) * SYNTHETIC_SHARE / (1 - SYNTHETIC_SHARE)
        drawn: list[Cached] = []
        while left > 0 and synthetic:
            drawn = drawn or rng.sample(synthetic, len(synthetic))
            chosen.append(drawn.pop())
            left -= chosen[-1].seconds
        rng.shuffle(chosen)
        return chosen

    def _usable(self, clip: Cached) -> bool:
        if self.for_ctc:
            return bool(ctc_target(clip, self.tokenizer))
        return bool(clip.text or clip.labels or clip.reply)

    def _batches(self, pool: list[Cached], rng: random.Random) -> Iterator[SpeechBatch]:
        """Cuts a pool, sorted by length, into batches whose padded length stays within the budget."""
        groups = padded_groups(pool, lambda clip: clip.seconds, self.batch_seconds)
        rng.shuffle(groups)
        for group in groups:
            yield self.batch(group, rng)

    def batch(self, clips: list[Cached], rng: random.Random) -> SpeechBatch:
        features, lengths = collate(self.cache, clips)
        clips, told = self._taught(clips, features, rng)
        ctc = [ctc_target(clip, self.tokenizer) for clip in clips]
        letters = [letter_target(clip) for clip in clips]
        sequences = [self._sequence(clip, rng) for clip in clips]
        return SpeechBatch(clips, features, lengths, ctc, letters, sequences, told)

    def _taught(
        self, clips: list[Cached], features: Tensor, rng: random.Random
    ) -> tuple[list[Cached], list[np.ndarray | None]]:
        """Lets the teacher tell of some of a batch's emotions, and moves most of these clips in `features`: what is
        known of the clips then, and what was told.
        """
        taught, told = list(clips), list[np.ndarray | None]([None] * len(clips))
        for n, clip in enumerate(clips):
            if not self.teacher or not (is_known(clip) or (is_taught(clip) and rng.random() < TOLD_SHARE)):
                continue
            states = self.cache.rows(clip)
            if rng.random() >= MOVED_SHARE:
                told[n] = self.teacher.heard(states)
                continue
            moved, probable = self.teacher.moved(states, rng)
            features[n, : clip.frames] = torch.from_numpy(moved)
            labels = {task: label for task, label in clip.labels.items() if task not in VOICE}
            if is_known(clip) or probable.max() >= CERTAIN:
                labels["emotion"] = EMOTIONS[int(probable.argmax())]
            taught[n], told[n] = replace(clip, labels=labels), probable
        return taught, told

    def _sequence(self, clip: Cached, rng: random.Random) -> Sequence:
        tasks = self._tasks(clip, rng)
        asked = self.instructions.draw_for(tasks, rng) if rng.random() < FREE_FORM_SHARE else None
        before, after = (
            self.tokenizer.chat()
            if tasks == ("chat",)
            else self.tokenizer.understand(clip.question or asked or tag_string(tasks))
        )
        words = self.tokenizer.transcript(clip.text) if clip.text else []
        if "align" in tasks and clip.words:
            words = self.tokenizer.timed_transcript(clip.words)
        reply = (clip.reply or self.replies.to(clip.reply_to)) if "chat" in tasks else None
        asked_labels = [task for task in tasks if task in LABELS]
        labels = {task: rng.choice(trained_labels(task)) for task in asked_labels} | clip.labels
        target = self.tokenizer.target_ids(tasks, words, labels, reply)
        sequence = Sequence(before, clip.speech_rows, after, target)
        first_label = len(target) - 1 - len(asked_labels)
        sequence.unknown = [first_label + n for n, task in enumerate(asked_labels) if task not in clip.labels]
        if "chat" in tasks and not clip.reply:
            sequence.reply = self.replies.place(clip.reply_to, tasks, words)
        return sequence

    @staticmethod
    def _tasks(clip: Cached, rng: random.Random) -> tuple[str, ...]:
        """What is asked of a clip: its rarest task or a transcript alone often, else any combination that it can answer
        whole, or in part; all that it carries if the data has its own question.
        """
        chat = clip.reply_to or clip.reply
        known = set(clip.labels)
        known |= {task for task, has in (("asr", clip.text), ("align", clip.words), ("chat", chat)) if has}
        if clip.question:
            return max(answerable(known), key=len)
        if chat and not clip.text:
            return ("chat",)
        if chat and rng.random() < CHAT_SHARE:
            return rng.choice((("chat",), ("chat",), ("asr", "chat")))
        if clip.words and rng.random() < ALIGN_SHARE:
            return ("asr", "align")
        if clip.text and rng.random() < ASR_ALONE_SHARE:
            return ("asr",)
        if rng.random() < MIXED_SHARE:
            return rng.choice(partly_answerable(known | ({"asr"} if clip.source in WORDLESS else set())))
        return rng.choice(answerable(known))


def with_alignment(
    sequence: Sequence, ctc: list[int], spans: list[tuple[int, int]], time_of: Callable[[int], float | None]
) -> Sequence:
    """Gives each target id the span of the same id in the CTC target: words in order, labels by their symbol; and each
    moment its row.
    """
    sequence.alignment, at = [], 0
    for token in sequence.target:
        if (seconds := time_of(token)) is not None:
            row = min(int(seconds * ROWS_PER_SECOND), (sequence.rows or 1) - 1)
            sequence.alignment.append((row, row + 1))
            continue
        place = next((n for n in range(at, len(ctc)) if ctc[n] == token), None)
        if place is None:
            place = next((n for n in range(len(ctc)) if ctc[n] == token), None)
        else:
            at = place + 1
        sequence.alignment.append(spans[place] if place is not None else None)
    return sequence
