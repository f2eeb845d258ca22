"""Scores on held-out clips and instructions, by the product's decoding: word error rate, accuracies, exact tags."""

import math
import random
import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from fnmatch import fnmatch
from statistics import median

import torch
from torch import Tensor

from .cache import Cached, FeatureCache
from .chat_rubric import read_intents
from .decode import ctc_greedy, greedy
from .grammar import LABELS, parse_answer, tag_string
from .instructions import Instruction
from .model import OsumNano
from .sequences import Sequence
from .speech_batches import collate
from .speech_data import Clip, Words
from .tokenizer import Tokenizer

BATCH_SECONDS = 250.0


def word_errors(hypothesis: str, reference: str) -> int:
    """Substitutions, insertions and deletions of words."""
    row = list(range(len(reference.split()) + 1))
    for i, said in enumerate(hypothesis.split(), start=1):
        diagonal, row[0] = row[0], i
        for j, meant in enumerate(reference.split(), start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (said != meant))
    return row[-1]


_TIMED = re.compile(r"<([0-9.]+)>([^<]*)<([0-9.]+)>")


def start_errors(answer: str, words: Words) -> list[float]:
    """Seconds between the answered and the true start of each word that was recognised."""
    found = [(float(start), word.strip()) for start, word, _ in _TIMED.findall(answer)]
    match = SequenceMatcher(None, [word for _, word in found], [word for word, _, _ in words], autojunk=False)
    pairs = [(a + n, b + n) for a, b, size in match.get_matching_blocks() for n in range(size)]
    return [abs(found[a][0] - words[b][1]) for a, b in pairs]


EVENT_SOURCES = ("esc10", "donateacry")  # whose sound events are scored; other sources have but one


def known_answer(clip: Cached | Clip, task: str) -> str | Words | None:
    """What is true of a clip for one task, as training has it: its transcript, words with their times, chat intent or
    label; nothing if it is not known, or not scored.
    """
    if task == "caption" and clip.source not in EVENT_SOURCES:
        return None
    other = {"asr": clip.text, "align": clip.words, "chat": clip.reply_to}
    return other.get(task, clip.labels.get(task))


@dataclass(frozen=True)
class TestSet:
    """Clips of one source, or those of one age in it, to score one task on. `limit` clips are drawn, so that labels
    stay in proportion.
    """

    name: str
    task: str
    shard: str
    limit: int = 100_000
    age: str | None = None

    def takes(self, clip: Cached | Clip) -> bool:
        """Whether a clip of the shard belongs to the set."""
        return self.age in (None, clip.labels.get("age")) and bool(known_answer(clip, self.task))


# EmoGator's emotions have no words, EmoDB's are German sentences; both are unseen speakers.
TEST_SETS = (
    TestSet("librispeech-other-dev", "asr", "clean-librispeech-other-dev-000"),
    TestSet("synthetic sentences", "asr", "synthetic-dev-000"),
    TestSet("digit strings, unseen speaker", "asr", "clean-fsdd-strings-000"),
    TestSet("speechocean762, unseen speakers", "asr", "clean-speechocean762-000"),
    TestSet("speechocean762's adults, unseen", "gender", "clean-speechocean762-000", age="ADULT"),
    TestSet("speechocean762's children, unseen", "gender", "clean-speechocean762-000", age="CHILD"),
    TestSet("LibriSpeech, unseen speakers", "gender", "clean-librispeech-*"),
    TestSet("speechocean762, unseen speakers", "age", "clean-speechocean762-000"),
    TestSet("EmoGator, unseen speakers", "emotion", "clean-emogator-000"),
    TestSet("EmoDB, unseen speakers", "emotion", "clean-emodb-000"),
    TestSet("ESC-10 fold 4 and donateacry, unseen recordings", "caption", "clean-*c*"),
    TestSet("passages, style by content", "style", "style-dev-000"),
    TestSet("digit strings, unseen speaker", "align", "clean-fsdd-strings-000"),
    TestSet("synthetic sentences", "align", "synthetic-dev-000"),
    TestSet("closed domain, unseen paraphrases", "chat", "chat-dev-000"),
)


class Scorer:
    """Decodes validation clips in batches with a model as it is: float32 in training, or the weights of a package."""

    def __init__(self, model: OsumNano, cache: FeatureCache, tokenizer: Tokenizer, seed: int = 777):
        self.model, self.cache, self.tokenizer, self.seed = model, cache, tokenizer, seed

    def clips(self, test: TestSet) -> list[Cached]:
        def fits(clip: Cached) -> bool:
            return clip.split == "dev" and fnmatch(clip.shard, test.shard) and test.takes(clip)

        clips = [clip for clip in self.cache.clips if fits(clip)]
        return random.Random(self.seed).sample(clips, min(test.limit, len(clips)))

    def _hear(self, clips: list[Cached]) -> tuple[Tensor, Tensor]:
        """The speech rows of clips, and their lengths."""
        features, lengths = collate(self.cache, clips)
        weight = next(self.model.parameters())
        return self.model.hear(features.to(weight.device, weight.dtype), lengths)

    @torch.inference_mode()
    def answers(self, clips: list[Cached], tasks: tuple[str, ...], decoder: bool = True) -> tuple[list[str], list[str]]:
        """The decoder's answers (empty if it is left out) and CTC's readings, in the order of `clips`."""
        order = sorted(range(len(clips)), key=lambda i: clips[i].frames)
        texts, readings = [""] * len(clips), [""] * len(clips)
        while order:
            size = max(
                1, min(len(order), 64, int(BATCH_SECONDS / max(1.0, clips[order[min(63, len(order) - 1)]].seconds)))
            )
            chosen, order = order[:size], order[size:]
            group = [clips[i] for i in chosen]
            speech, rows = self._hear(group)
            for i, ids in zip(chosen, ctc_greedy(self.model.ctc_logits(speech), rows), strict=True):
                readings[i] = self.tokenizer.text(ids)
            if not decoder:
                continue
            before, after = (
                self.tokenizer.chat() if tasks == ("chat",) else self.tokenizer.understand(tag_string(tasks))
            )
            prompts = [Sequence(before, clip.speech_rows, after) for clip in group]
            limit = int((16 if "align" in tasks else 8 if "asr" in tasks else 0) * group[-1].seconds) + 40
            for i, ids in zip(chosen, greedy(self.model, prompts, speech, limit), strict=True):
                texts[i] = self.tokenizer.text(ids)
        return texts, readings

    def word_error_rate(self, test: TestSet, decoder: bool = True) -> tuple[float, float, int]:
        """By the decoder, by CTC, and the number of clips."""
        clips = self.clips(test)
        texts, readings = self.answers(clips, ("asr",), decoder)
        words = sum(len((clip.text or "").split()) for clip in clips)
        errors = sum(
            word_errors(parse_answer(text)[1], clip.text or "") for text, clip in zip(texts, clips, strict=True)
        )
        by_ctc = sum(
            word_errors(" ".join(parse_answer(r)[1].split()), clip.text or "")
            for r, clip in zip(readings, clips, strict=True)
        )
        return errors / words, by_ctc / words, len(clips)

    def accuracy(self, test: TestSet) -> tuple[float, float, int]:
        """Share of right labels, its mean over labels (macro), and the number of clips."""
        clips = self.clips(test)
        texts, _ = self.answers(clips, (test.task,))
        return self._accuracy(test.task, clips, [parse_answer(text)[2] for text in texts])

    @torch.inference_mode()
    def pooled_accuracy(self, test: TestSet) -> tuple[float, float, int]:
        """The same by the label head of training, which reads the mean of the speech rows."""
        clips, found = self.clips(test), []
        for clip in clips:
            speech, rows = self._hear([clip])
            best = int(self.model.label_logits(speech, rows)[test.task][0].argmax())
            found.append([LABELS[test.task][best]])
        return self._accuracy(test.task, clips, found)

    def start_error(self, test: TestSet) -> tuple[float, int]:
        """Median of the errors of word starts, in seconds, and the number of clips."""
        clips = self.clips(test)
        texts, _ = self.answers(clips, ("asr", "align"))
        errors = [e for text, clip in zip(texts, clips, strict=True) for e in start_errors(text, clip.words or [])]
        return median(errors) if errors else math.inf, len(clips)

    def fitting_replies(self, test: TestSet) -> tuple[float, int]:
        """Share of replies that meet the rubric of what was said, and the number of clips."""
        clips, intents = self.clips(test), read_intents()
        texts, _ = self.answers(clips, ("chat",))
        replies = [text.removeprefix("<chat>") for text in texts]
        fit = [intents[clip.reply_to].rubric.fits(reply) for clip, reply in zip(clips, replies, strict=True)]
        return sum(fit) / len(clips), len(clips)

    @staticmethod
    def _accuracy(task: str, clips: list[Cached], found: list[list[str]]) -> tuple[float, float, int]:
        right: Counter[str] = Counter()
        count: Counter[str] = Counter()
        for labels, clip in zip(found, clips, strict=True):
            label = clip.labels[task]
            count[label] += 1
            right[label] += labels == [label]
        macro = sum(right[label] / count[label] for label in count) / len(count)
        return sum(right.values()) / len(clips), macro, len(clips)

    def exact_tags(self, instructions: list[Instruction]) -> float:
        """Share of instructions whose tags come out exactly, in the text-only mode."""
        prompts = [Sequence(self.tokenizer.intent(i.text)) for i in instructions]
        answers = greedy(self.model, prompts, None, 16)
        return sum(
            self.tokenizer.text(ids) == tag_string(i.tasks) for ids, i in zip(answers, instructions, strict=True)
        ) / len(prompts)
