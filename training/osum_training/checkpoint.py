"""Checkpoints of training: written at once or not at all, checked against the configuration when they are read."""

import os
import pickle
import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from .errors import InputError, full_disk_told
from .fingerprint import Fingerprint, expect_same
from .lora import LoraConfig, fitted_state


def write_checkpoint(path: Path, content: dict) -> None:
    """Writes beside the final name and renames, so that a kill leaves the checkpoint before it whole."""
    part = path.with_suffix(".part")
    with full_disk_told(path):
        torch.save(content, part)
    os.replace(part, path)


def read_checkpoint(path: Path, wanted: Fingerprint | None = None) -> dict:
    """A checkpoint's content on the host. Raises InputError if it is missing, damaged, or of another configuration; one
    that was made before configurations were stored is taken with a warning.
    """
    if not path.exists():
        raise InputError(f"{path} is missing; run {path.stem} first, or `all`")
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise InputError(
            f"{path} is damaged ({str(error).splitlines()[0]}); delete it, {path.stem} makes it again"
        ) from error
    if wanted is not None:
        if "configuration" in saved:
            expect_same(path, saved["configuration"], wanted)
        else:
            print(f"warning: {path} does not say which configuration made it; it is taken as it is", file=sys.stderr)
    return saved


def released_state(saved: dict, model: nn.Module) -> dict[str, Tensor]:
    """A checkpoint's moving average as `model` names it, whether or not either of them has LoRA."""
    alpha = saved.get("configuration", {}).get("lora.alpha", LoraConfig.alpha)
    return fitted_state(saved["smooth"], model, float(alpha))


def load_weights(model: nn.Module, path: Path, wanted: Fingerprint | None = None) -> dict:
    """Puts a checkpoint's moving average into the model; returns its steps and hours."""
    saved = read_checkpoint(path, wanted)
    model.load_state_dict(released_state(saved, model))
    return {"steps": saved["steps"], "hours": saved["hours"]}
