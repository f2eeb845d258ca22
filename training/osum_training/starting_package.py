"""Begins a run from a model package instead of from Whisper's encoder and random weights."""

import json
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor

from .errors import InputError
from .model import OsumNano
from .quantize import dequantize_rows

TOKENIZER = "tokenizer.model"
_STAGES = (("encoder", ""), ("adapter", "adapter."), ("decoder", "decoder."))  # files, and their names in the model


def package_manifest(folder: Path) -> dict:
    """The content of `model.json`. Raises InputError if `folder` is no package."""
    try:
        return json.loads((folder / "model.json").read_text())
    except (OSError, json.JSONDecodeError) as error:
        raise InputError(
            f"start.package: {folder} is no model package ({error}); name a folder with model.json"
        ) from error


def load_package(model: OsumNano, folder: Path) -> None:
    """Puts the package's weights, int8 ones brought back to numbers, into the model. What exists in training alone (the
    CTC blank, the letter and the label head) stays as it is. Raises InputError if the package has other dimensions.
    """
    wanted = model.state_dict()
    found: dict[str, Tensor] = {}
    for stage, prefix in _STAGES:
        stored = load_file(folder / f"{stage}.safetensors")
        for name, tensor in stored.items():
            if name.endswith("_scale"):
                continue
            scale = stored.get(f"{name}_scale")
            found[prefix + name] = tensor.float() if scale is None else dequantize_rows(tensor, scale)
    alone = {name for name in wanted if name.startswith(("blank", "labels.", "letters."))}
    if names := (set(wanted) - alone) ^ set(found):
        raise InputError(f"start.package: {folder} and the configuration differ in {min(names)}; use the same layers")
    for name, tensor in found.items():
        if tensor.shape != wanted[name].shape:
            shapes = f"{list(tensor.shape)}, not {list(wanted[name].shape)}"
            raise InputError(f"start.package: {name} of {folder} is {shapes}; use the dimensions of its model.json")
    model.load_state_dict(found, strict=False)
    model.adapter.speech_transformer.balance_()
