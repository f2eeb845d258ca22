"""Measures, once a run, how the adapter that stage 1 trained misreads what is said."""

import random
import re
from pathlib import Path

from .channel import Channel
from .checkpoint import read_checkpoint
from .device import autocast
from .model import OsumNano
from .parts import Parts
from .score import Scorer

FILE = "channel.json"  # beside the checkpoints
CLIPS = 1_500
CLEAREST, FURTHEST = 0.02, 0.5  # share of letters misread between which a reading can teach spelling
_SYMBOL = re.compile("<[^>]*>")


def measured_channel(parts: Parts) -> Channel | None:
    """What CTC makes of training clips, kept in `channel.json`. None while stage 1 has no checkpoint, or if it reads
    next to nothing right, or everything.
    """
    path = parts.runs / FILE
    if not path.exists():
        checkpoint = next(
            (c for c in (parts.runs / f"{n}.pt" for n in ("stage1-encoder", "stage1")) if c.exists()), None
        )
        if checkpoint is None:
            return None
        _measure(parts, checkpoint).save(path)
    channel = Channel.load(path)
    return channel if CLEAREST < channel.misread < FURTHEST else None


def _measure(parts: Parts, checkpoint: Path) -> Channel:
    cache = parts.open_cache()
    spoken = [c for c in cache.clips if c.split == "train" and c.text and c.source != "fsdd"]
    clips = random.Random(parts.config.seed).sample(spoken, min(CLIPS, len(spoken)))
    model = OsumNano(parts.config).to(parts.device)
    model.load_state_dict(read_checkpoint(checkpoint, parts.fingerprint)["smooth"])
    with autocast(parts.device):
        _, readings = Scorer(model.eval(), cache, parts.tokenizer).answers(clips, ("asr",), decoder=False)
    read = (" ".join(_SYMBOL.sub(" ", text).split()) for text in readings)
    return Channel.measured([(clip.text or "", text) for clip, text in zip(clips, read, strict=True)])
