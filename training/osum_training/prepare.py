"""From recordings and sentences to cached hidden states of the encoder: decode, synthesise, disturb, encode. Each shard
is one resumable task.
"""

import multiprocessing
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from .augment import Augmenter
from .cache import cache_folder, encode_clips, write_shard
from .chat import ChatLine, ChatLines
from .config import Config
from .digits import digit_string
from .encoder import WhisperEncoder
from .mel import MIN_SAMPLES, SAMPLE_RATE
from .pseudo_labels import pseudo_transcripts
from .speech_data import SOURCES, Clip, read_clips
from .synthesis import Voices
from .text import Sentences, spoken_form
from .whisper_weights import whisper_base_state

CLIPS_IN_MEMORY = 256
_NO_AUDIO = np.zeros(0, np.float32)
UNTRANSCRIBED = "librispeech-clean100"


def batched(clips: Iterator[Clip], size: int) -> Iterator[list[Clip]]:
    while group := list(islice(clips, size)):
        yield group


@dataclass(frozen=True)
class Task:
    """A shard to make. kind: clean | noisy | digits | synthetic | synthetic-dev | chat | chat-dev; number: repetition,
    part of the seed.
    """

    kind: str
    source: str = ""
    number: int = 0

    @property
    def name(self) -> str:
        return "-".join(filter(None, (self.kind, self.source, f"{self.number:03d}")))


def tasks(config: Config) -> list[Task]:
    """Real recordings first, so that training can begin while the rest is made, round by round."""
    made = [Task("clean", source) for source in SOURCES] + [Task("synthetic-dev"), Task("chat-dev")]
    for n in range(config.data.rounds):
        made += [
            Task("synthetic", number=n * config.data.synthetic_shards + i) for i in range(config.data.synthetic_shards)
        ]
        made += [Task("digits", number=n), Task("chat", number=n)]
        made += [Task("noisy", source, n) for source in SOURCES if source != "librispeech-other-dev"]
    return made


class Preparer:
    """What one worker process holds: the encoder, the voices and the recordings that it has decoded."""

    def __init__(self, config: Config, data: Path, work: Path):
        self.config, self.data, self.work = config, data, work
        self.encoder = WhisperEncoder(config.encoder)
        self.encoder.load_state_dict(whisper_base_state(config.encoder.layers))
        self.encoder.to(torch.bfloat16).eval()

    @cached_property
    def voices(self) -> Voices:
        return Voices()

    @cached_property
    def sentences(self) -> Sentences:
        return Sentences(self.data)

    def source(self, name: str) -> Iterator[Clip]:
        clips = read_clips(self.data / "speech", name)
        if name != UNTRANSCRIBED:
            return clips
        untranscribed = list(clips)
        texts = pseudo_transcripts(self.work, untranscribed)
        return (replace(clip, text=texts.get(clip.key)) if clip.split == "train" else clip for clip in untranscribed)

    @cached_property
    def augmenter(self) -> Augmenter:
        quiet = [c.audio for c in self.source("esc10") if c.split == "train" and c.labels.get("caption") == "OTHER"]
        return Augmenter(quiet)

    def clips(self, task: Task) -> Iterator[Clip]:
        rng = random.Random(f"{self.config.data.seed} {task.name}")
        if task.kind == "clean":
            yield from self.source(task.source)
        elif task.kind == "noisy":
            for clip in self.source(task.source):
                if clip.split == "train":
                    disturbed = self.augmenter(clip.audio, rng, change_rate=True)
                    yield replace(clip, audio=disturbed.audio, words=disturbed.moments(clip.words))
        elif task.kind == "digits":
            yield from self._digits(rng)
        elif task.kind == "chat":
            lines = ChatLines("train")
            yield from self._chat([lines.draw_line(rng) for _ in range(self.config.data.chat_lines)], rng)
        elif task.kind == "chat-dev":
            yield from self._chat(ChatLines("dev").lines + ChatLines("test").lines, rng)
        else:
            yield from self._synthetic(rng, held_out=task.kind == "synthetic-dev")

    def _digits(self, rng: random.Random) -> Iterator[Clip]:
        singles: dict[str, list[Clip]] = {}
        for clip in self.source("fsdd"):
            if clip.split == "train":
                singles.setdefault(clip.speaker, []).append(clip)
        for speaker in sorted(singles):
            for _ in range(80):
                clip = digit_string(singles[speaker], rng)
                if rng.random() < 0.6:
                    disturbed = self.augmenter(clip.audio, rng, change_rate=True)
                    clip = replace(clip, audio=disturbed.audio, words=disturbed.moments(clip.words))
                yield clip

    def _chat(self, lines: Sequence[ChatLine], rng: random.Random) -> Iterator[Clip]:
        for line in lines:
            spoken = self.voices.speak(line.text, rng)
            audio, words = spoken.audio, spoken.words
            if len(audio) < SAMPLE_RATE // 4:
                continue
            if line.split == "train":
                disturbed = self.augmenter(audio, rng)
                audio, words = disturbed.audio, disturbed.moments(words)
            labels = {"gender": spoken.gender} if spoken.gender else {}
            yield Clip("", "chat", audio, spoken_form(line.text), labels, "", line.split, words, line.intent)

    def _synthetic(self, rng: random.Random, held_out: bool) -> Iterator[Clip]:
        seconds = 0.0
        while seconds < self.config.data.shard_seconds:
            line = self.sentences.draw(rng, held_out)
            spoken = self.voices.speak(line.spoken, rng)
            audio, words = spoken.audio, spoken.words
            if len(audio) < SAMPLE_RATE // 4 or not line.transcript:
                continue
            if not held_out:
                disturbed = self.augmenter(audio, rng)
                audio, words = disturbed.audio, disturbed.moments(words)
            seconds += len(audio) / SAMPLE_RATE
            labels = line.labels | ({"gender": spoken.gender} if spoken.gender else {})
            split = "dev" if held_out else "train"
            yield Clip("", "synthetic", audio, line.transcript, labels, split=split, words=words)

    def run(self, task: Task) -> tuple[str, float, float]:
        """Makes one shard; returns its name, its seconds of audio and the seconds it took."""
        start, limit = time.monotonic(), int(self.config.data.max_seconds * SAMPLE_RATE)
        usable = (
            clip
            for clip in self.clips(task)
            if MIN_SAMPLES <= len(clip.audio) <= limit and np.isfinite(clip.audio).all()
        )
        clips: list[Clip] = []
        features: list[np.ndarray] = []
        samples = 0
        for group in batched(usable, CLIPS_IN_MEMORY):
            features += encode_clips(self.encoder, self.config.encoder.frozen, group)
            samples += sum(len(clip.audio) for clip in group)
            clips += [
                replace(clip, key=f"{task.name}/{clip.key or len(clips) + i}", audio=_NO_AUDIO)
                for i, clip in enumerate(group)
            ]
        write_shard(cache_folder(self.config, self.work), task.name, clips, features)
        return task.name, samples / SAMPLE_RATE, time.monotonic() - start


_preparer: Preparer | None = None


def _start_worker(config: Config, data: Path, work: Path) -> None:
    global _preparer
    torch.set_num_threads(1)
    _preparer = Preparer(config, data, work)


def _run_task(task: Task) -> tuple[str, float, float]:
    assert _preparer is not None
    return _preparer.run(task)


def prepare(config: Config, data: Path, work: Path) -> None:
    """Makes every shard that does not exist yet, with one single-threaded process a core."""
    missing = [task for task in tasks(config) if not (cache_folder(config, work) / f"{task.name}.jsonl").exists()]
    context = multiprocessing.get_context("spawn")
    with context.Pool(config.processes, _start_worker, (config, data, work)) as pool:
        for done, (name, seconds, took) in enumerate(pool.imap_unordered(_run_task, missing), start=1):
            print(f"{done}/{len(missing)} {name}: {seconds:.0f} s of audio in {took:.0f} s", flush=True)
