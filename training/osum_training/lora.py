"""Low-rank adaptation of the decoder (reference section 4.2): W' = W + alpha / rank * B A, merged in float32."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from .config import LoraConfig
from .decoder import Decoder
from .errors import InputError

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "down_proj")  # up_proj is no target
PREFIX = "llama_model.base_model.model."  # of the decoder's tensors in a published checkpoint
_Layer = TypeVar("_Layer", bound=nn.Module)
_A, _B, _BASE = "lora_A.default.weight", "lora_B.default.weight", "base_layer."


class LoraLinear(nn.Module):
    """A frozen linear layer and its trained correction; the names of its parts are the published ones.

    x [..., in] -> W x + alpha / rank * B A dropout(x) [..., out]; B is zero at the start, so the layer begins as W.
    """

    def __init__(self, base: nn.Linear, config: LoraConfig):
        super().__init__()
        self.base_layer = base
        down, up = (
            nn.Linear(*shape, bias=False, device=base.weight.device)
            for shape in ((base.in_features, config.rank), (config.rank, base.out_features))
        )
        nn.init.zeros_(up.weight)
        self.lora_A, self.lora_B = nn.ModuleDict({"default": down}), nn.ModuleDict({"default": up})
        self.dropout, self.scale = nn.Dropout(config.dropout), config.alpha / config.rank

    def forward(self, x: Tensor) -> Tensor:
        correction = self.lora_B["default"](self.lora_A["default"](self.dropout(x)))
        return self.base_layer(x) + self.scale * correction

    @torch.no_grad()
    def merged(self) -> nn.Linear:
        """The plain layer that does the same."""
        a, b = (matrices["default"].get_parameter("weight") for matrices in (self.lora_A, self.lora_B))
        self.base_layer.weight += self.scale * (b.float() @ a.float())
        return self.base_layer


def is_lora(name: str) -> bool:
    """Whether a parameter is one of LoRA's matrices."""
    return ".lora_A." in name or ".lora_B." in name


def has_lora(module: nn.Module) -> bool:
    return any(isinstance(part, LoraLinear) for part in module.modules())


def _replace_targets(decoder: Decoder, kind: type[_Layer], change: Callable[[_Layer], nn.Module]) -> None:
    for parent in list(decoder.modules()):
        for name in TARGETS:
            if isinstance(layer := getattr(parent, name, None), kind):
                setattr(parent, name, change(layer))


def add_lora(decoder: Decoder, config: LoraConfig) -> None:
    """Gives every target layer its matrices, drawn from torch's random state."""
    _replace_targets(decoder, nn.Linear, lambda layer: LoraLinear(layer, config))


def merge_lora(decoder: Decoder) -> None:
    """Adds the matrices to the weights and takes them away."""
    _replace_targets(decoder, LoraLinear, lambda layer: layer.merged())


def fitted_state(state: dict[str, Tensor], model: nn.Module, alpha: float) -> dict[str, Tensor]:
    """A state as `model` names it: merged if the model has no LoRA layers, spread over base layers and the model's own
    matrices if only the model has them.
    """
    layered, wanted = any(map(is_lora, state)), has_lora(model)
    if layered == wanted:
        return state
    if layered:
        return _merged_state(state, alpha)
    own = model.state_dict()
    return {name: state[name.replace(_BASE, "")] if not is_lora(name) else own[name] for name in own}


def _merged_state(state: dict[str, Tensor], alpha: float) -> dict[str, Tensor]:
    merged = {}
    for name, tensor in state.items():
        if is_lora(name):
            continue
        plain = name.replace(_BASE, "")
        merged[plain] = tensor
        layer = plain.removesuffix(".weight")
        if name.endswith(f"{_BASE}weight"):
            a, b = state[f"{layer}.{_A}"].float(), state[f"{layer}.{_B}"].float()
            merged[plain] = tensor + (alpha / a.shape[0]) * (b @ a)
    return merged


def published_state(decoder: Decoder) -> dict[str, Tensor]:
    """The decoder's tensors under the names of a published OSUM-Pangu checkpoint."""
    return {PREFIX + name: tensor.detach().contiguous() for name, tensor in decoder.state_dict().items()}


@torch.no_grad()
def merged_lora(
    decoder: Decoder, read: Callable[[str, tuple[int, int]], Tensor], rank: int = 64, alpha: float = 32.0
) -> Decoder:
    """Adds the matrices that `read(name, shape)` gives to the decoder's weights; names as in a peft checkpoint without
    its prefix.
    """
    for name, module in decoder.named_modules():
        if name.rsplit(".", 1)[-1] in TARGETS:
            a = read(f"{name}.{_A}", (rank, module.in_features))
            b = read(f"{name}.{_B}", (module.out_features, rank))
            module.weight += (alpha / rank) * (b.float() @ a.float())
    return decoder


def merge_lora_file(decoder: Decoder, path: Path, alpha: float) -> None:
    """Merges the LoRA matrices of a safetensors file with published names into a plain decoder. Raises InputError if it
    lacks some, or they have other shapes.
    """
    from safetensors.torch import load_file

    tensors = {name.removeprefix(PREFIX): tensor for name, tensor in load_file(path).items()}
    ranks = {tensor.shape[0] for name, tensor in tensors.items() if name.endswith(_A)}
    if len(ranks) != 1:
        raise InputError(
            f"{path}: expected LoRA matrices of one rank, got the ranks {sorted(ranks)}; give another file"
        )

    def read(name: str, shape: tuple[int, int]) -> Tensor:
        if name not in tensors or tensors[name].shape != shape:
            found = list(tensors[name].shape) if name in tensors else "nothing"
            raise InputError(f"{path}: expected {PREFIX}{name} of {list(shape)}, got {found}; it is of another model")
        return tensors[name]

    merged_lora(decoder, read, ranks.pop(), alpha)
