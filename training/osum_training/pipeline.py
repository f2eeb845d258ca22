"""The steps in their order. Each goes on from where it was stopped, and a finished one takes no time."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save_file

from .checkpoint import load_weights
from .config import Config, PhaseConfig
from .device import open_device
from .errors import InputError
from .lora import is_lora, published_state
from .parts import Parts, build
from .prepare import prepare, prepare_meanwhile
from .release import export_checkpoint, is_exported
from .stages import joint_stage, read_stage, shape_decoder, stage1, stage1_encoder, stage2, start_reading
from .starting_heads import start_heads
from .trainer import Stage, train


def train_stage1(parts: Parts) -> None:
    """Aligns the adapter with the decoder's embeddings."""
    stage = stage1(parts)
    if not stage.checkpoint.exists():
        start_heads(parts)
    train(stage)


def train_stage1_encoder(parts: Parts) -> None:
    """Goes on with the encoder's upper layers trained along. Raises InputError if none of them is to be trained."""
    if parts.config.encoder.all_frozen:
        layers = parts.config.encoder.layers
        raise InputError(
            f"stage1-encoder: encoder.frozen = {layers} leaves no layer to train; "
            f"set it below {layers}, or go on with stage2"
        )
    stage = stage1_encoder(parts)
    if not stage.checkpoint.exists():
        load_weights(parts.model, parts.runs / "stage1.pt", parts.fingerprint)
    train(stage)


def train_stage2(parts: Parts) -> None:
    """Trains the decoder on text."""
    shape_decoder(parts, parts.config.stage2)
    _train(parts, stage2(parts))


def train_stage3(parts: Parts) -> None:
    """First the decoder alone on the adapter's rows, then adapter and decoder together."""
    config = parts.config
    reading, joint = (parts.runs / f"{name}.pt" for name in ("stage3-read", "stage3"))
    if not joint.exists():
        shape_decoder(parts, config.read)
        hours = 0.0
        if reading.exists():
            hours = load_weights(parts.model, reading, parts.fingerprint)["hours"]
        else:
            start_reading(parts)
        if hours < config.read.hours:  # the stage would have rows heard even if there is nothing left to read
            train(read_stage(parts))
        if config.read.lora:  # also where the stage was done and killed before these were written
            save_lora(parts, reading, config.read)
        shape_decoder(parts, config.stage3)
        load_weights(parts.model, reading, parts.fingerprint)
    shape_decoder(parts, config.stage3)
    _train(parts, joint_stage(parts))


def _train(parts: Parts, stage: Stage) -> None:
    train(stage)
    if stage.phase.lora:
        save_lora(parts, stage.checkpoint, stage.phase)


def save_lora(parts: Parts, checkpoint: Path, phase: PhaseConfig) -> Path:
    """Writes the LoRA matrices of a checkpoint beside it, under the names of a published checkpoint."""
    shape_decoder(parts, phase)
    load_weights(parts.model, checkpoint, parts.fingerprint)
    path, lora = checkpoint.with_name(f"{checkpoint.stem}-lora.safetensors"), parts.config.lora
    tensors = {name: tensor.cpu() for name, tensor in published_state(parts.model.decoder).items() if is_lora(name)}
    save_file(tensors, path, {"format": "pt", "rank": str(lora.rank), "alpha": str(lora.alpha)})
    return path


STEPS: dict[str, Callable[[Parts], None]] = {
    "stage1": train_stage1,
    "stage1-encoder": train_stage1_encoder,
    "stage2": train_stage2,
    "stage3": train_stage3,
}


def run_step(name: str, config: Config, data: Path, work: Path, device: str) -> None:
    """One training step on a fresh model, so that it does the same alone as in `all`."""
    torch.set_num_threads(1)
    print(f"== {name}", flush=True)
    STEPS[name](build(config, data, work, open_device(device)))


def run_all(config: Config, data: Path, work: Path, device: str, out: Path, clips: int) -> None:
    """Everything from recordings to the package. The shards of the first rounds are made before training, the others
    beside it.
    """
    open_device(device)
    print("== prepare", flush=True)
    prepare(config, data, work, device, first=True)
    with prepare_meanwhile(config, data, work):
        for name in STEPS:
            if name == "stage1-encoder" and config.encoder.all_frozen:
                continue
            alone = name == "stage2"  # it is short, and the other core makes shards
            run_step(name, replace(config, processes=1) if alone else config, data, work, device)
    print("== export", flush=True)
    parts = build(config, data, work, open_device(device))
    if is_exported(parts, out):
        print(f"{out} holds these weights already", flush=True)
    else:
        export_checkpoint(parts, out, clips)
