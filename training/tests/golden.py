"""The golden vectors and the synthetic weights of the reference's Appendix B."""

import json
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
import torch
from torch import nn

REPOSITORY = Path(__file__).resolve().parents[2]
Network = TypeVar("Network", bound=nn.Module)
PLACES = (
    REPOSITORY / "test" / "golden" / "osum-pangu-golden.json",
    REPOSITORY / ".." / "shared" / "reference" / "osum-pangu-golden.json",
)


def golden(part: str) -> dict:
    for path in PLACES:
        if path.exists():
            return json.loads(path.read_text())[part]
    pytest.skip("osum-pangu-golden.json is not here")


def tensor(record: dict) -> torch.Tensor:
    return torch.tensor(record["data"], dtype=torch.float32).view(record["shape"])


def synthetic(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """A tensor from its checkpoint name: sines whose phase is the sum of the name's bytes."""
    phase = (sum(name.encode()) % 1000) * 0.01
    wave = np.sin(0.7 * (np.arange(int(np.prod(shape))) + 1) + phase)
    if name.endswith("bias"):
        wave = 0.05 * wave
    elif "norm" in name or "embed.out.1" in name:
        wave = 1 + 0.1 * wave
    elif "embed_tokens" in name:
        wave = 0.5 * wave
    else:
        wave = wave * 1.2 / np.sqrt(np.prod(shape[1:]))
    return torch.from_numpy(wave.astype(np.float32)).view(shape)


def fill(module: Network, prefix: str = "") -> Network:
    state = {name: synthetic(prefix + name, tuple(value.shape)) for name, value in module.state_dict().items()}
    module.load_state_dict(state)
    return module.eval()
