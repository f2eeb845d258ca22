"""What all stages share: the model, the tokenizer, the instructions and where everything lies."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch

from .cache import FeatureCache, cache_folder
from .config import REPOSITORY, Config
from .encoder_weights import starting_encoder_state
from .errors import InputError
from .fingerprint import Fingerprint, check_cache, model_fingerprint
from .formats.dataset import expanded
from .instructions import Instructions
from .model import OsumNano
from .starting_package import load_package, package_manifest
from .tokenizer import Tokenizer
from .tokenizer_file import ensure_tokenizer

EARLIER = "earlier.json"  # beside the checkpoints: what was trained before a run that began from other weights


@dataclass
class Parts:
    """`data` and `work` are the folders of recordings and of what training makes."""

    config: Config
    data: Path
    work: Path
    model: OsumNano
    tokenizer: Tokenizer
    instructions: Instructions
    device: torch.device

    @property
    def runs(self) -> Path:
        return self.work / "runs"

    @cached_property
    def fingerprint(self) -> Fingerprint:
        return model_fingerprint(self.config, self.work / "tokenizer.model")

    @property
    def alignment(self) -> str:
        """The last run of stage 1: with the encoder's upper layers, if any of them are to be trained."""
        return "stage1" if self.config.encoder.all_frozen else "stage1-encoder"

    def open_cache(self) -> FeatureCache:
        """The shards made so far. Raises InputError if another encoder made them."""
        folder = cache_folder(self.config, self.work)
        check_cache(folder, self.config)
        cache = FeatureCache(folder)
        if any(rows.shape[1] != self.config.encoder.width for rows in cache.arrays.values()):
            raise InputError(
                f"{folder} holds states of another width than encoder.width; use another OSUM_TRAINING_DIR"
            )
        return cache

    def source_weights(self) -> dict[str, float]:
        """How often a recording of each source of the reference's formats comes in one round."""
        return {source.name: source.weight for source in expanded(self.config.data.sources, self.data)}


def build(config: Config, data: Path, work: Path, device: torch.device | None = None) -> Parts:
    """A fresh model from the seed or from the package to start from, and the tokenizer (made on first use)."""
    device = device or torch.device("cpu")
    instructions = Instructions(data)
    tokenizer = Tokenizer(ensure_tokenizer(config, data, work, instructions), config.data.transcript_pieces)
    torch.manual_seed(config.seed)
    model = OsumNano(config)
    if config.start.package:
        folder = REPOSITORY / config.start.package
        _note_start(work / "runs" / EARLIER, package_manifest(folder))
        load_package(model, folder, config.start.networks)
    if not config.start.package or "encoder" not in config.start.networks:
        model.encoder.load_state_dict(starting_encoder_state(config))
    return Parts(config, data, work, model.to(device), tokenizer, instructions, device)


def _note_start(note: Path, manifest: dict) -> None:
    """Keeps what the package that training starts from says of its own training: its folder may be written over."""
    if not note.exists():
        note.parent.mkdir(parents=True, exist_ok=True)
        started = {key: manifest.get(key) for key in ("name", "version", "provenance")}
        note.write_text(json.dumps(started, indent=1) + "\n")
