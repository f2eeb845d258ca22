"""A trial of Mandarin beside the package, which hears English: how well characters come out of half an hour of one
voice, words and single syllables of two others, and synthetic speech.

An adapter of the package's size reads toned syllables by CTC from the encoder's output; characters follow from the
syllables by the likeliest path through counted pairs of characters. Nothing of it goes into the package.
"""

import math
import random
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zlib import crc32

import soundfile
import torch
from pypinyin import Style, lazy_pinyin
from torch import Tensor, nn

from .adapter import Adapter
from .audio_file import decoded
from .cache import Cached, FeatureCache, encode_clips
from .checkpoint import read_checkpoint
from .config import AdapterConfig, PhaseConfig
from .decode import ctc_greedy
from .errors import InputError
from .fingerprint import Fingerprint
from .formant import shift_formants
from .losses import ctc_loss
from .padded_groups import padded_groups
from .parts import Parts
from .score import word_errors
from .shard_writer import ShardWriter
from .speech_batches import collate
from .speech_data import Clip, Recordings
from .trainer import Outcome, Stage, train

SENTENCES, WORDS, SYLLABLES = "aishell-s0150", "mandarin-hsk", "mandarin-pinyin"
HELD_OUT = 8  # of the sentences, every eighth by its name's hash
SYNTHETIC_LINES, LONGEST = 1500, 24  # lines, and characters of one
GROUP = 64  # clips that are encoded at once
PAIR_WEIGHT = 0.05  # of a character's own count beside its pair with the one before
PHASE = PhaseConfig(hours=20, peak_lr=1e-3, batch_seconds=60, warmup_steps=30, decay_share=0.5)
_CHARACTERS = re.compile("[\u4e00-\u9fff]+")


def syllables(text: str) -> list[str]:
    """The toned syllables of characters, the neutral tone as 5: 你好吗 -> ni3 hao3 ma5."""
    return lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True, errors="ignore")


class CharacterPairs:
    """Syllables to characters, by how often characters and pairs of them occur in texts."""

    def __init__(self, texts: Iterable[str]):
        self.single: Counter[str] = Counter()
        self.pairs: Counter[str] = Counter()
        spelt: dict[str, set[str]] = {}
        for text in texts:
            for run in _CHARACTERS.findall(text):
                spoken = syllables(run)
                if len(spoken) != len(run):
                    continue
                self.single.update(run)
                self.pairs.update(run[n : n + 2] for n in range(len(run) - 1))
                for character, syllable in zip(run, spoken, strict=True):
                    spelt.setdefault(syllable, set()).add(character)
        self.spelt = {syllable: sorted(characters) for syllable, characters in spelt.items()}

    def _cost(self, before: str, character: str) -> float:
        count = self.pairs[before + character] + PAIR_WEIGHT * self.single[character]
        return -math.log(count / (self.single[before] + 1))

    def written(self, spoken: list[str]) -> str:
        """The likeliest characters of syllables; those that no text has are left out."""
        paths = {"": (0.0, "")}
        for syllable in spoken:
            candidates = self.spelt.get(syllable)
            if not candidates:
                continue
            paths = {
                character: min(
                    (cost + self._cost(before, character), text + character) for before, (cost, text) in paths.items()
                )
                for character in candidates
            }
        return min(paths.values())[1]


class Reader(nn.Module):
    """The whole encoder's states [batch, E, width] -> logits [batch, S, syllables + 1]; the last class is blank."""

    def __init__(self, parts: Parts, classes: int):
        super().__init__()
        self.encoder, self.layers = parts.model.encoder, parts.config.encoder.layers
        shape = AdapterConfig(in_width=parts.config.encoder.width)
        self.adapter, self.head = Adapter(shape), nn.Linear(shape.out_width, classes + 1)

    def forward(self, hidden: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        heard = self.adapter(self.encoder.upper(hidden, lengths, self.layers), lengths)
        return self.head(heard.rows), heard.lengths


def _is_held_out(clip: Clip) -> bool:
    return clip.source == SENTENCES and crc32(clip.key.encode()) % HELD_OUT == 0


def _recorded(data: Path, source: str) -> Iterator[Clip]:
    for place, line, encoded in Recordings(data / "speech", source).lines():
        clip = Clip(line["audio"], source, decoded(encoded, f"{place}, {line['audio']}"), line["text"])
        clip.split = "dev" if _is_held_out(clip) else "train"
        yield clip


def _synthetic(parts: Parts) -> Iterator[Clip]:
    """Requests of the training instructions, spoken by espeak-ng at many pitches, tempos and formants."""
    if not shutil.which("espeak-ng"):
        raise InputError("espeak-ng is missing, which speaks Mandarin in this trial; install the Debian package")
    rng = random.Random(parts.config.seed)
    for number in range(SYNTHETIC_LINES):
        text = ""
        while not text:
            runs = _CHARACTERS.findall(parts.instructions.draw(rng).text)
            text = "".join(runs)[:LONGEST]
        command = ["espeak-ng", "-v", f"cmn+{rng.choice('mf')}{rng.randint(1, 4)}", "--stdout"]
        command += ["-s", str(rng.randint(110, 220)), "-p", str(rng.randint(20, 80)), text]
        audio, rate = soundfile.read(BytesIO(subprocess.run(command, capture_output=True, check=True).stdout))
        yield Clip(f"espeak/{number}", "espeak", shift_formants(audio, rate, rng.uniform(0.85, 1.15)), text)


def _cache(parts: Parts) -> FeatureCache:
    """States after the encoder's last layer, made once."""
    folder = parts.work / "mandarin"
    for name in ("espeak", SENTENCES, WORDS, SYLLABLES):
        if (folder / f"{name}.jsonl").exists():
            continue
        writer = ShardWriter(folder, name, parts.config.encoder.width, GROUP)
        clips = _synthetic(parts) if name == "espeak" else _recorded(parts.data, name)
        waiting = list(clips)[writer.clips :]
        for start in range(0, len(waiting), GROUP):
            group = waiting[start : start + GROUP]
            writer.add(group, encode_clips(parts.model.encoder, parts.config.encoder.layers, group))
        writer.finish()
    return FeatureCache(folder)


def _target(clip: Cached) -> list[str]:
    text = clip.text or ""
    return [text] if clip.source == SYLLABLES else syllables(text)


def mandarin_trial(parts: Parts, hours: float) -> dict[str, float]:
    """Trains and scores the trial: error rates of `syllables` and `characters` on held-out sentences of a voice that it
    has heard. Goes on from its checkpoint, as the stages do.
    """
    cache = _cache(parts)
    trained = [clip for clip in cache.clips if clip.split == "train"]
    held_out = [clip for clip in cache.clips if clip.split == "dev"]
    targets = {clip.key: _target(clip) for clip in cache.clips}
    classes = sorted({syllable for clip in trained for syllable in targets[clip.key]})
    number = {syllable: n for n, syllable in enumerate(classes)}
    configuration: Fingerprint = {"syllables": len(classes)}
    torch.manual_seed(parts.config.seed)
    model = Reader(parts, len(classes))
    words = CharacterPairs(
        [clip.text or "" for clip in trained if clip.source != SYLLABLES]
        + [i.text for i in parts.instructions.training if i.language == "zh"]
    )

    def batches(rng: random.Random) -> Iterator[list[Cached]]:
        while True:
            chosen = rng.sample(trained, min(len(trained), 400))
            groups = padded_groups(chosen, lambda clip: clip.seconds, PHASE.batch_seconds)
            rng.shuffle(groups)
            yield from groups

    def step(group: list[Cached]) -> Outcome:
        features, lengths = collate(cache, group)
        logits, rows = model(features.float(), lengths)
        loss = ctc_loss(logits, rows, [[number[s] for s in targets[clip.key]] for clip in group])
        return Outcome(loss, sum(clip.seconds for clip in group), {"ctc": float(loss.detach())})

    def evaluate() -> dict[str, float]:
        model.eval()
        errors: Counter[str] = Counter()
        for clip in held_out:
            features, lengths = collate(cache, [clip])
            with torch.inference_mode():
                [ids] = ctc_greedy(*model(features.float(), lengths))
            heard, text = [classes[n] for n in ids], clip.text or ""
            errors["syllables"] += word_errors(" ".join(heard), " ".join(targets[clip.key]))
            errors["characters"] += word_errors(" ".join(words.written(heard)), " ".join(text))
            errors["count"] += len(text)
        return {name: errors[name] / errors["count"] for name in ("syllables", "characters")}

    functions: dict = {"batches": batches, "step": step, "evaluate": evaluate}
    stage = Stage(
        name="mandarin",
        model=model,
        trained=lambda name: not name.startswith("encoder.") and "speech_token_emded" not in name,
        phase=replace(PHASE, hours=hours),
        folder=parts.runs,
        seed=parts.config.seed,
        processes=parts.config.processes,
        evaluate_seconds=parts.config.evaluate_seconds,
        configuration=configuration,
        **functions,
    )
    train(stage)
    model.load_state_dict(read_checkpoint(stage.checkpoint, configuration)["smooth"])
    return evaluate()
