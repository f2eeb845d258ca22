"""Makes the clips of one shard - recorded, disturbed, joined or synthetic - and encodes them into the cache."""

import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .augment import OTHER_SPEAKERS, SAME_SPEAKER, Augmenter, Rates
from .cache import cache_folder, encode_clips
from .chat import ChatLine, ChatLines
from .config import Config
from .device import working_type
from .digits import digit_string
from .encoder import WhisperEncoder
from .encoder_weights import starting_encoder_state
from .formats.clips import read_clips
from .formats.filters import SampleFilter
from .mel import MIN_SAMPLES, SAMPLE_RATE
from .pseudo_labels import pseudo_transcripts
from .shard_tasks import DIGIT_SOURCE, FEW_SPEAKERS, Sources, Task
from .shard_writer import ShardWriter
from .spec_augment import spec_augment, spec_substitute
from .speech_data import Clip, Recordings
from .synthesis import Voices
from .text import Sentences, spoken_form
from .tokenizer import Tokenizer

CLIPS_IN_MEMORY = 256
BACKGROUNDS = "esc10"
UNTRANSCRIBED = "librispeech-clean100"
_NO_AUDIO = np.zeros(0, np.float32)


def batched(clips: Iterator[Clip], size: int) -> Iterator[list[Clip]]:
    while group := list(islice(clips, size)):
        yield group


@dataclass(frozen=True)
class Made:
    """A finished shard: its seconds of audio, the seconds it took, and what was left out of it by reason."""

    name: str
    audio_seconds: float
    took_seconds: float
    left_out: Counter

    def __str__(self) -> str:
        told = f"{self.name}: {self.audio_seconds:.0f} s of audio in {self.took_seconds:.0f} s"
        return told + "".join(f", {count} left out ({reason})" for reason, count in self.left_out.items())


class Preparer:
    """What one process holds: the encoder, the voices and the texts."""

    def __init__(self, config: Config, data: Path, work: Path, sources: Sources, device: torch.device):
        self.config, self.data, self.work, self.sources, self.device = config, data, work, sources, device
        self.encoder = WhisperEncoder(config.encoder)
        self.encoder.load_state_dict(starting_encoder_state(config))
        self.encoder.to(device, working_type(device)).eval()
        self.left_out: Counter = Counter()

    @cached_property
    def voices(self) -> Voices:
        return Voices(self.config.data.voices)

    @cached_property
    def scored_voices(self) -> Voices:
        return Voices(self.config.data.scored_voices)

    @cached_property
    def sentences(self) -> Sentences:
        return Sentences(self.data)

    @cached_property
    def sample_filter(self) -> SampleFilter:
        tokenizer = Tokenizer(self.work / "tokenizer.model")
        return SampleFilter(lambda text: len(tokenizer.ids(text)))

    @cached_property
    def augmenter(self) -> Augmenter:
        if BACKGROUNDS not in self.config.data.recordings:
            return Augmenter([])
        quiet = [
            c.audio for c in self._recorded(BACKGROUNDS) if c.split == "train" and c.labels.get("caption") == "OTHER"
        ]
        return Augmenter(quiet)

    def source(self, task: Task) -> Iterator[Clip]:
        """The recordings that a task reads, as they are."""
        if task.unit is None:
            return self._recorded(task.source)
        settings, units = self.sources[task.source]
        return read_clips(settings, units[task.unit], self.sample_filter, self.left_out)

    def _recorded(self, name: str) -> Iterator[Clip]:
        clips = Recordings(self.data / "speech", name).clips()
        if name != UNTRANSCRIBED:
            return clips
        untranscribed = list(clips)
        texts = pseudo_transcripts(self.work, untranscribed)
        return (replace(clip, text=texts.get(clip.key)) if clip.split == "train" else clip for clip in untranscribed)

    def clips(self, task: Task) -> Iterator[Clip]:
        """The clips of a shard, the same whenever it is made."""
        rng = random.Random(f"{self.config.data.seed} {task.name}")
        if task.kind == "clean":
            yield from self.source(task)
        elif task.kind == "noisy":
            rates = OTHER_SPEAKERS if task.source in FEW_SPEAKERS else SAME_SPEAKER
            yield from (self._disturbed(clip, rng, rates) for clip in self.source(task) if clip.split == "train")
        elif task.kind == "digits":
            yield from self._digits(rng)
        elif task.kind == "chat":
            lines = ChatLines("train")
            yield from self._chat([lines.draw_line(rng) for _ in range(self.config.data.chat_lines)], rng)
        elif task.kind == "chat-dev":
            held_out = [*ChatLines("dev").lines, *ChatLines("test").lines]
            rng.shuffle(held_out)
            yield from self._chat(held_out[: self.config.data.chat_dev_lines], rng)
        elif task.kind == "style-dev":
            yield from self._passages(rng)
        else:
            yield from self._synthetic(rng, None if task.kind == "synthetic-dev" else task.number)

    def _disturbed(self, clip: Clip, rng: random.Random, rates: Rates | None = SAME_SPEAKER) -> Clip:
        disturbed = self.augmenter(clip.audio, rng, rates)
        return replace(clip, audio=disturbed.audio, words=disturbed.moments(clip.words))

    def _digits(self, rng: random.Random) -> Iterator[Clip]:
        singles: dict[str, list[Clip]] = {}
        for clip in self._recorded(DIGIT_SOURCE):
            if clip.split == "train":
                singles.setdefault(clip.speaker, []).append(clip)
        for speaker in sorted(singles):
            for _ in range(80):
                clip = digit_string(singles[speaker], rng)
                yield self._disturbed(clip, rng) if rng.random() < 0.6 else clip

    def _chat(self, lines: Sequence[ChatLine], rng: random.Random) -> Iterator[Clip]:
        for line in lines:
            spoken = (self.voices if line.split == "train" else self.scored_voices).speak(line.text, rng)
            if len(spoken.audio) < SAMPLE_RATE // 4:
                continue
            labels = {"gender": spoken.gender} if spoken.gender else {}
            text = spoken_form(line.text)
            clip = Clip("", "chat", spoken.audio, text, labels, "", line.split, spoken.words, line.intent)
            yield self._disturbed(clip, rng, rates=None) if line.split == "train" else clip

    def _passages(self, rng: random.Random) -> Iterator[Clip]:
        for line in self.sentences.held_out_passages(rng, self.config.data.style_dev_passages):
            spoken = self.scored_voices.speak(line.spoken, rng)
            yield Clip("", "synthetic", spoken.audio, line.transcript, line.labels, split="dev", words=spoken.words)

    def _synthetic(self, rng: random.Random, number: int | None) -> Iterator[Clip]:
        """Sentences to train on of shard `number`, or held-out ones."""
        held_out, wanted = number is None, self.config.data.shard_seconds
        dealt = None if number is None else self.sentences.deal(number, wanted)
        seconds, split = 0.0, "dev" if held_out else "train"
        while seconds < wanted:
            line = self.sentences.draw(rng, held_out, dealt)
            spoken = (self.scored_voices if held_out else self.voices).speak(line.spoken, rng)
            if len(spoken.audio) < SAMPLE_RATE // 4 or not line.transcript:
                continue
            labels = line.labels | ({"gender": spoken.gender} if spoken.gender else {})
            clip = Clip("", "synthetic", spoken.audio, line.transcript, labels, split=split, words=spoken.words)
            clip = clip if held_out else self._disturbed(clip, rng, rates=None)
            seconds += len(clip.audio) / SAMPLE_RATE
            yield clip

    def _changed(self, task: Task, number: int, clip: Clip, mel: Tensor) -> Tensor:
        """The features of the shard's clip `number`: as they are, or augmented where that is asked for."""
        data = self.config.data
        if task.kind == "clean" or clip.split != "train":
            return mel
        rng = random.Random(f"{data.seed} {task.name} {number}")
        mel = spec_augment(mel, rng) if data.spec_augment else mel
        return spec_substitute(mel, rng) if data.spec_substitute else mel

    def run(self, task: Task) -> Made:
        """Makes one shard; one that was interrupted goes on after its last whole group of clips. Raises
        ShardTakenError if another process makes it.
        """
        start, limit = time.monotonic(), int(self.config.data.max_seconds * SAMPLE_RATE)
        folder, width = cache_folder(self.config, self.work), self.config.encoder.width
        self.left_out = Counter()
        usable = (
            clip
            for clip in self.clips(task)
            if MIN_SAMPLES <= len(clip.audio) <= limit and np.isfinite(clip.audio).all()
        )
        writer, first, samples = ShardWriter(folder, task.name, width, CLIPS_IN_MEMORY), 0, 0
        for group in batched(usable, CLIPS_IN_MEMORY):
            samples += sum(len(clip.audio) for clip in group)
            if first >= writer.clips:
                self._encode(writer, task, first, group)
            first += len(group)
        writer.finish()
        return Made(task.name, samples / SAMPLE_RATE, time.monotonic() - start, self.left_out)

    def _encode(self, writer: ShardWriter, task: Task, first: int, group: list[Clip]) -> None:
        def change(i: int, mel: Tensor) -> Tensor:
            return self._changed(task, first + i, group[i], mel)

        features = encode_clips(self.encoder, self.config.encoder.frozen, group, change=change)
        named = [
            replace(clip, key=f"{task.name}/{clip.key or first + i}", audio=_NO_AUDIO) for i, clip in enumerate(group)
        ]
        writer.add(named, features)
