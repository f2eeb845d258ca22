"""Where the networks run. The same code serves CPU, NVIDIA GPU and Ascend NPU; lengths, ids and the random choices of
data stay on the host.
"""

import importlib
import re

import torch

from .errors import InputError

KINDS = ("cpu", "cuda", "npu")


def open_device(name: str) -> torch.device:
    """`cpu`, `cuda` or `npu`, the latter two with a number behind a colon if need be (`npu:1`). Raises InputError if
    this machine, or the PyTorch on it, has no such device.
    """
    if not re.fullmatch(rf"({'|'.join(KINDS)})(:\d+)?", name):
        raise InputError(f"--device {name}: expected one of {', '.join(KINDS)}, or a numbered one such as npu:1")
    kind, _, number = name.partition(":")
    if kind == "cpu":
        return torch.device("cpu")
    if kind == "npu":
        _import_torch_npu()
    found = getattr(torch, kind).device_count() if getattr(torch, kind).is_available() else 0
    if int(number or 0) >= found:
        count = f"{found or 'no'} {kind} device{'s' if found > 1 else ''}"
        raise InputError(
            f"--device {name}: PyTorch {torch.__version__} finds {count} on this machine; "
            "check its driver and that PyTorch was built for it, or use --device cpu"
        )
    return torch.device(kind, int(number or 0))


def _import_torch_npu() -> None:
    """The Ascend backend; importing it is what makes `npu` known to PyTorch."""
    try:
        importlib.import_module("torch_npu")
    except ImportError as error:
        raise InputError(
            "--device npu: the Python package torch_npu is missing; "
            f"install the one for PyTorch {torch.__version__}, or use --device cpu"
        ) from error


def working_type(device: torch.device) -> torch.dtype:
    """What matrices are multiplied in: bf16, or float32 on a CPU without instructions for bf16, where it is the faster
    of the two by a factor of five.
    """
    slow = device.type == "cpu" and not (torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())
    return torch.float32 if slow else torch.bfloat16


def autocast(device: torch.device) -> torch.autocast:
    """The working type where it is safe, on the device that the networks are on."""
    return torch.autocast(device.type, torch.bfloat16, enabled=working_type(device) == torch.bfloat16)
