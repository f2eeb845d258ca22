"""Speech rows of the clips that are trained on, kept while the decoder alone learns to read them: adapter and encoder
stay as stage 1 left them then, and hearing a clip takes several times as long as reading it.
"""

import hashlib
import shutil
from pathlib import Path
from zlib import crc32

import numpy as np
import torch

from .cache import ROWS_PER_SECOND, Cached, FeatureCache
from .config import Config
from .device import open_device
from .disk_space import require_space
from .hearing import hear_clips
from .parts import Parts, build
from .shard_writer import ShardTakenError, ShardWriter
from .supervision import run_processes

WEIGHTS = "weights.pt"
CLIPS_AT_ONCE = 256


def heard_rows(parts: Parts) -> FeatureCache:
    """The rows of all training clips as the model's adapter and encoder give them, through masks and dropout if the
    phase has them: without, clips that stage 1 has trained on come out far clearer than those of strangers. Makes what
    is missing, and removes rows of other weights. Raises InputError if the disk has no room.
    """
    weights = {name: value.cpu() for name, value in parts.model.state_dict().items() if _hears(name)}
    folder = parts.work / f"rows-{_digest(weights)}"
    for other in parts.work.glob("rows-*"):
        if other != folder:
            shutil.rmtree(other)
    missing = _missing(parts.open_cache(), folder)
    if missing:
        seconds = sum(clip.seconds for clips in missing.values() for clip in clips)
        folder.mkdir(parents=True, exist_ok=True)
        require_space(
            folder, 2.1 * ROWS_PER_SECOND * seconds * parts.config.decoder.width, "keeping the rows of speech"
        )
        torch.save(weights, folder / WEIGHTS)
        settings = (parts.config, parts.data, parts.work, str(parts.device), folder)
        if parts.config.processes > 1:
            run_processes("hearing", parts.config.processes, _hear_all, *settings)
        else:
            _hear_all(*settings)
    return FeatureCache(folder)


def _hears(name: str) -> bool:
    """Whether a parameter decides what rows are; the marks around speech are read beside them."""
    return name.startswith(("encoder.", "adapter.")) and "speech_token_emded" not in name


def _digest(weights: dict[str, torch.Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(weights[name].contiguous().numpy().tobytes())
    return digest.hexdigest()[:12]


def _missing(cache: FeatureCache, folder: Path) -> dict[str, list[Cached]]:
    """The training clips of each shard whose rows are not there yet."""
    found: dict[str, list[Cached]] = {}
    for clip in cache.clips:
        if clip.split == "train" and not (folder / f"{clip.shard}.jsonl").exists():
            found.setdefault(clip.shard, []).append(clip)
    return found


def _hear_all(config: Config, data: Path, work: Path, device: str, folder: Path) -> None:
    """Hears all shards that no other process hears."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    parts = build(config, data, work, open_device(device))
    parts.model.load_state_dict(torch.load(folder / WEIGHTS, weights_only=True), strict=False)
    parts.model.set_dropout(config.read.dropout, 0.0)
    parts.model.train()
    cache = parts.open_cache()
    for shard, clips in _missing(cache, folder).items():
        try:
            writer = ShardWriter(folder, shard, config.decoder.width, CLIPS_AT_ONCE, ROWS_PER_SECOND)
        except ShardTakenError:
            continue
        for first in range(writer.clips, len(clips), CLIPS_AT_ONCE):
            group = clips[first : first + CLIPS_AT_ONCE]
            torch.manual_seed(crc32(f"{config.seed} {shard} {first}".encode()))
            writer.add(group, _heard(parts, cache, group))
        writer.finish()
        print(f"heard {shard}", flush=True)


@torch.inference_mode()
def _heard(parts: Parts, cache: FeatureCache, clips: list[Cached]) -> list[np.ndarray]:
    """The rows [S, width] float16 of each clip."""
    rows: dict[int, np.ndarray] = {}
    for group, heard, counts in hear_clips(parts.model, cache, clips, parts.config.read.masks):
        for clip, own, count in zip(group, heard.to(torch.float16).cpu().numpy(), counts.tolist(), strict=True):
            rows[clip.offset] = own[:count]
    return [rows[clip.offset] for clip in clips]
