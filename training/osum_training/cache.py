"""The cache of hidden states of the encoder's frozen layers, or of speech rows: a shard is `NAME.npy` ([frames, width]
float16, clips end to end) and `NAME.jsonl` (a line a clip).
"""

import json
from collections.abc import Callable
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .config import Config
from .encoder import WhisperEncoder
from .mel import MEL_BINS, log_mel
from .speech_data import Clip

FRAMES_PER_SECOND = 50
ROWS_PER_SECOND = 12.5  # of speech rows


def cache_folder(config: Config, work: Path) -> Path:
    return work / f"hidden-{config.encoder.frozen}"


@dataclass(frozen=True)
class Cached:
    """One clip in a shard: its rows [offset, offset + frames) of the array and what is known about it."""

    key: str
    source: str
    split: str
    speaker: str
    text: str | None
    labels: dict[str, str]
    words: list[tuple[str, float, float]] | None
    reply_to: str
    offset: int
    frames: int
    shard: str
    reply: str = ""
    question: str = ""
    rate: float = FRAMES_PER_SECOND

    @property
    def seconds(self) -> float:
        return self.frames / self.rate

    @property
    def speech_rows(self) -> int:
        """How many speech rows the decoder gets of the clip."""
        return self.frames if self.rate == ROWS_PER_SECOND else (self.frames + 3) // 4

    @property
    def recording(self) -> str:
        """The same for all copies of a recording, which differ in the task that made them."""
        return self.key.split("/", 1)[1] if self.source != "fsdd-joined" else self.key


@torch.inference_mode()
def encode_clips(
    encoder: WhisperEncoder,
    layers: int,
    clips: list[Clip],
    batch_frames: int = 6_000,
    change: Callable[[int, Tensor], Tensor] | None = None,
) -> list[np.ndarray]:
    """Hidden states [E, width] float16 after `layers` layers, one a clip; clips of like length share a batch (padding
    is masked, so values do not change). `change(i, mel)` may give clip i other features [T, 80] than its own.
    """
    weight = next(encoder.parameters())
    mels = [log_mel(torch.from_numpy(clip.audio)) for clip in clips]
    if change is not None:
        mels = [change(i, mel) for i, mel in enumerate(mels)]
    order = sorted(range(len(mels)), key=lambda i: len(mels[i]))
    outputs: list[np.ndarray] = [np.empty(0)] * len(mels)
    while order:
        size = max(1, batch_frames // len(mels[order[0]]))
        while size > 1 and size * len(mels[order[min(size, len(order)) - 1]]) > batch_frames:
            size -= 1
        batch, order = order[:size], order[size:]
        lengths = torch.tensor([len(mels[i]) for i in batch])
        padded = torch.zeros(len(batch), int(lengths.max()), MEL_BINS, dtype=weight.dtype)
        for row, i in enumerate(batch):
            padded[row, : len(mels[i])] = mels[i]
        encoded, counts = encoder.lower(padded.to(weight.device), lengths, layers)
        for row, i in enumerate(batch):
            outputs[i] = encoded[row, : counts[row]].to(torch.float16).cpu().numpy()
    return outputs


LATER_FIELDS = {field.name: field.default for field in fields(Cached) if field.default is not MISSING}


def cached_line(clip: Clip | Cached, offset: int, frames: int, shard: str, rate: float = FRAMES_PER_SECOND) -> str:
    """The clip's line in the manifest of its shard, with its newline; what is as usual is left out."""
    known = {field.name: getattr(clip, field.name) for field in fields(Clip) if field.name != "audio"}
    record = asdict(Cached(**known, offset=offset, frames=frames, shard=shard, rate=rate))
    told = {k: v for k, v in record.items() if k not in LATER_FIELDS or v != LATER_FIELDS[k]}
    return json.dumps(told, ensure_ascii=False) + "\n"


class FeatureCache:
    """All complete shards of a folder; rows are read by memory map."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.arrays: dict[str, np.ndarray] = {}
        self.clips: list[Cached] = []
        self.refresh()

    def refresh(self) -> int:
        """Takes in shards written since the last call; returns how many clips came."""
        before = len(self.clips)
        for manifest in sorted(self.folder.glob("*.jsonl")):
            if manifest.stem not in self.arrays:
                self.arrays[manifest.stem] = np.load(manifest.with_suffix(".npy"), mmap_mode="r")
                self.clips += [Cached(**json.loads(line)) for line in manifest.read_text().splitlines()]
        return len(self.clips) - before

    def rows(self, clip: Cached) -> np.ndarray:
        """[frames, width] float16."""
        return self.arrays[clip.shard][clip.offset : clip.offset + clip.frames]
