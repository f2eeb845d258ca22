"""Low-rank adaptation: what is trained, what it is called, and that merging changes nothing."""

from pathlib import Path

import pytest
import torch
from osum_training.config import DecoderConfig, LoraConfig
from osum_training.decoder import Decoder
from osum_training.errors import InputError
from osum_training.lora import (
    PREFIX,
    TARGETS,
    LoraLinear,
    add_lora,
    fitted_state,
    has_lora,
    is_lora,
    merge_lora,
    merge_lora_file,
    published_state,
)
from safetensors.torch import save_file
from torch import nn

CONFIG = DecoderConfig(layers=4, width=32, heads=4, kv_heads=2, head_dim=8, ffn=48, vocab=50, max_positions=64)
LORA = LoraConfig(rank=4, alpha=2.0, dropout=0.1)


class Model(nn.Module):
    def __init__(self, seed: int = 0):
        super().__init__()
        torch.manual_seed(seed)
        self.decoder = Decoder(CONFIG)


def adapted(seed: int = 0) -> Model:
    """A decoder with matrices that do something."""
    model = Model(seed)
    add_lora(model.decoder, LORA)
    for name, parameter in model.named_parameters():
        if is_lora(name):
            nn.init.normal_(parameter, 0.0, 0.3)
    return model.eval()


@torch.no_grad()
def logits(model: Model) -> torch.Tensor:
    decoder = model.decoder
    return decoder.lm_head(decoder(decoder.embed(torch.arange(1, 11)[None]))[0])


def test_new_matrices_change_nothing_and_sit_where_the_reference_has_them():
    model = Model().eval()
    before = logits(model)
    add_lora(model.decoder, LORA)
    torch.testing.assert_close(logits(model), before)
    layers = [name.rsplit(".", 1)[-1] for name, part in model.named_modules() if isinstance(part, LoraLinear)]
    assert len(layers) == CONFIG.layers * len(TARGETS) and set(layers) == set(TARGETS)


def test_merged_equals_unmerged():
    model = adapted()
    unmerged = logits(model)
    assert float((unmerged - logits(Model().eval())).abs().max()) > 0.1
    merge_lora(model.decoder)
    assert not has_lora(model) and set(model.state_dict()) == set(Model().state_dict())
    torch.testing.assert_close(logits(model), unmerged, rtol=1e-5, atol=1e-5)


def test_a_state_with_lora_merges_into_a_plain_model_and_back_into_its_own():
    model, plain = adapted(), Model(seed=5).eval()
    plain.load_state_dict(fitted_state(model.state_dict(), plain, LORA.alpha))
    torch.testing.assert_close(logits(plain), logits(model), rtol=1e-5, atol=1e-5)
    again = adapted(seed=6)
    again.load_state_dict(fitted_state(model.state_dict(), again, LORA.alpha))
    assert torch.equal(logits(again), logits(model))


def test_a_plain_state_becomes_the_base_of_a_model_with_lora():
    plain, model = Model(seed=5).eval(), Model()
    add_lora(model.decoder, LORA)
    model.load_state_dict(fitted_state(plain.state_dict(), model, LORA.alpha))
    torch.testing.assert_close(logits(model.eval()), logits(plain))


def test_dropout_is_for_training_only():
    model = adapted()
    assert torch.equal(logits(model), logits(model))
    model.train()
    assert not torch.equal(logits(model), logits(model))


def test_names_are_the_published_ones():
    names = published_state(adapted().decoder)
    layer = "llama_model.base_model.model.model.layers.0."
    for name in (
        "llama_model.base_model.model.lm_head.weight",
        "llama_model.base_model.model.model.embed_tokens.weight",
        f"{layer}input_layernorm.weight",
        f"{layer}mlp.up_proj.weight",
        f"{layer}self_attn.q_proj.base_layer.weight",
        f"{layer}self_attn.q_proj.base_layer.bias",
        f"{layer}self_attn.q_proj.lora_A.default.weight",
        f"{layer}mlp.down_proj.lora_B.default.weight",
    ):
        assert name in names
    assert names[f"{layer}self_attn.k_proj.lora_A.default.weight"].shape == (4, 32)
    assert names[f"{layer}self_attn.k_proj.lora_B.default.weight"].shape == (16, 4)


def lora_file(folder: Path, model: Model, **changes: torch.Tensor) -> Path:
    tensors = {name: tensor for name, tensor in published_state(model.decoder).items() if is_lora(name)}
    save_file(tensors | changes, folder / "lora.safetensors")
    return folder / "lora.safetensors"


def test_a_published_file_merges_into_its_base(tmp_path: Path):
    model = adapted()
    path = lora_file(tmp_path, model)
    plain = Model().eval()
    merge_lora_file(plain.decoder, path, LORA.alpha)
    torch.testing.assert_close(logits(plain), logits(model), rtol=1e-5, atol=1e-5)


def test_a_file_of_another_model_is_refused(tmp_path: Path):
    name = f"{PREFIX}model.layers.3.mlp.down_proj.lora_B.default.weight"
    path = lora_file(tmp_path, adapted(), **{name: torch.zeros(7, 4)})
    with pytest.raises(InputError, match=r"down_proj.lora_B.default.weight of \[32, 4\], got \[7, 4\]"):
        merge_lora_file(Model().decoder, path, LORA.alpha)
    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(InputError, match="expected LoRA matrices of one rank"):
        merge_lora_file(Model().decoder, tmp_path / "other.safetensors", LORA.alpha)
