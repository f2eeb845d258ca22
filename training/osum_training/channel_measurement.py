"""Measures, once a run, how the adapter that stage 1 trained misreads what is said.

Clips that it was trained on it knows by heart. Through masks and dropout it misreads them about as often as it misreads
unknown speakers: a fifth of the letters, against a quarter of hard speakers' and a tenth without.
"""

import random
import re
from pathlib import Path

import torch

from .channel import Channel
from .checkpoint import read_checkpoint
from .decode import ctc_greedy
from .hearing import hear_clips
from .model import OsumNano
from .parts import Parts

FILE = "channel.json"  # beside the checkpoints
CLIPS = 1_500
CLEAREST, FURTHEST = 0.02, 0.5  # share of letters misread between which a reading can teach spelling
_SYMBOL = re.compile("<[^>]*>")


def measured_channel(parts: Parts) -> Channel | None:
    """What CTC makes of training clips, heard through masks and dropout, kept in `channel.json`. None while stage 1 has
    no checkpoint, or if it reads next to nothing right, or everything.
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
    model.train().set_dropout(parts.config.stage1.dropout, 0.0)
    pairs: list[tuple[str, str]] = []
    with torch.random.fork_rng(), torch.inference_mode():
        torch.manual_seed(parts.config.seed)
        for group, rows, counts in hear_clips(model, cache, clips, masks=True):
            for clip, ids in zip(group, ctc_greedy(model.ctc_logits(rows), counts), strict=True):
                pairs.append((clip.text or "", " ".join(_SYMBOL.sub(" ", parts.tokenizer.text(ids)).split())))
    return Channel.measured(pairs)
