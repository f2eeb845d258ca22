"""The cache of hidden states of the encoder's frozen half: a shard is `NAME.npy` ([frames, width] float16, clips end to
end) and `NAME.jsonl` (a line a clip).
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from .config import Config
from .encoder import WhisperEncoder
from .mel import MEL_BINS, log_mel
from .speech_data import Clip

FRAMES_PER_SECOND = 50


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

    @property
    def seconds(self) -> float:
        return self.frames / FRAMES_PER_SECOND

    @property
    def recording(self) -> str:
        """The same for all copies of a recording, which differ in the task that made them."""
        return self.key.split("/", 1)[1] if self.source != "fsdd-joined" else self.key


@torch.inference_mode()
def encode_clips(
    encoder: WhisperEncoder, layers: int, clips: list[Clip], batch_frames: int = 6_000
) -> list[np.ndarray]:
    """Hidden states [E, width] float16 after `layers` layers, one a clip; clips of like length share a batch (padding
    is masked, so values do not change).
    """
    dtype = next(encoder.parameters()).dtype
    mels = [log_mel(torch.from_numpy(clip.audio)) for clip in clips]
    order = sorted(range(len(mels)), key=lambda i: len(mels[i]))
    outputs: list[np.ndarray] = [np.empty(0)] * len(mels)
    while order:
        size = max(1, batch_frames // len(mels[order[0]]))
        while size > 1 and size * len(mels[order[min(size, len(order)) - 1]]) > batch_frames:
            size -= 1
        batch, order = order[:size], order[size:]
        lengths = torch.tensor([len(mels[i]) for i in batch])
        padded = torch.zeros(len(batch), int(lengths.max()), MEL_BINS, dtype=dtype)
        for row, i in enumerate(batch):
            padded[row, : len(mels[i])] = mels[i]
        encoded, counts = encoder.lower(padded, lengths, layers)
        for row, i in enumerate(batch):
            outputs[i] = encoded[row, : counts[row]].to(torch.float16).numpy()
    return outputs


def write_shard(folder: Path, name: str, clips: list[Clip], features: list[np.ndarray]) -> None:
    """Writes both files beside their final names and renames them: a shard exists completely or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    lines, offset = [], 0
    for clip, rows in zip(clips, features, strict=True):
        record = Cached(
            clip.key,
            clip.source,
            clip.split,
            clip.speaker,
            clip.text,
            clip.labels,
            clip.words,
            clip.reply_to,
            offset,
            len(rows),
            name,
        )
        lines.append(json.dumps(asdict(record), ensure_ascii=False))
        offset += len(rows)
    with open(folder / f"{name}.npy.part", "wb") as file:
        np.save(file, np.concatenate(features))
    os.replace(folder / f"{name}.npy.part", folder / f"{name}.npy")
    (folder / f"{name}.jsonl.part").write_text("\n".join(lines) + "\n")
    os.replace(folder / f"{name}.jsonl.part", folder / f"{name}.jsonl")


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
