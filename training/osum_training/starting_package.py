"""Begins a run from a model package instead of from Whisper's encoder and random weights."""

import json
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor

from .config import NETWORKS
from .errors import InputError
from .model import OsumNano
from .quantize import dequantize_rows

TOKENIZER = "tokenizer.model"
_PREFIXES = {"encoder": "", "adapter": "adapter.", "decoder": "decoder."}  # of a network's names in the model


def package_manifest(folder: Path) -> dict:
    """The content of `model.json`. Raises InputError if `folder` is no package."""
    try:
        return json.loads((folder / "model.json").read_text())
    except (OSError, json.JSONDecodeError) as error:
        raise InputError(
            f"start.package: {folder} is no model package ({error}); name a folder with model.json"
        ) from error


def load_package(model: OsumNano, folder: Path, networks: tuple[str, ...] = NETWORKS) -> None:
    """Puts the package's weights of some networks, int8 ones brought back to numbers, into the model. All else, and
    what exists in training alone (the CTC blank, the letter and the label head), stays as it is. Raises InputError if
    the package has other dimensions.
    """
    wanted = {name: tensor for name, tensor in model.state_dict().items() if name.startswith(networks)}
    found: dict[str, Tensor] = {}
    for network in networks:
        stored = load_file(folder / f"{network}.safetensors")
        for name, tensor in stored.items():
            if name.endswith("_scale"):
                continue
            scale = stored.get(f"{name}_scale")
            found[_PREFIXES[network] + name] = tensor.float() if scale is None else dequantize_rows(tensor, scale)
    if names := set(wanted) ^ set(found):
        raise InputError(f"start.package: {folder} and the configuration differ in {min(names)}; use the same layers")
    for name, tensor in found.items():
        if tensor.shape != wanted[name].shape:
            shapes = f"{list(tensor.shape)}, not {list(wanted[name].shape)}"
            raise InputError(f"start.package: {name} of {folder} is {shapes}; use the dimensions of its model.json")
    model.load_state_dict(found, strict=False)
    model.adapter.speech_transformer.balance_()
