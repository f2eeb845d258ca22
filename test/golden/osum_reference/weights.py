"""Random weights under the names of the published checkpoint (reference, sections 2 to 4), in bf16 as published."""

import math

import torch
from torch import Tensor

from .cases import Case
from .positions import adapter_positions, whisper_positions
from .tokenizer import PADDING_ROWS

CODEC_ROWS = 13
"""Rows of audio tokens in the speech table; the rows behind them are speech bos and eos."""
LORA_TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "down_proj")


class Draw:
    """Draws tensors one after another from one generator."""

    def __init__(self, seed: int):
        self.generator = torch.Generator().manual_seed(seed)
        self.tensors: dict[str, Tensor] = {}

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self.generator)

    def weight(self, name: str, *shape: int, gain: float = 1.0) -> None:
        inputs = math.prod(shape[1:])
        self.tensors[name] = self.normal(*shape) * (gain / math.sqrt(inputs))

    def bias(self, name: str, length: int) -> None:
        self.tensors[name] = 0.1 * self.normal(length)

    def linear(self, name: str, outputs: int, inputs: int, bias: bool = True, gain: float = 1.0) -> None:
        self.weight(f"{name}.weight", outputs, inputs, gain=gain)
        if bias:
            self.bias(f"{name}.bias", outputs)

    def convolution(self, name: str, outputs: int, inputs: int) -> None:
        self.weight(f"{name}.weight", outputs, inputs, 3, gain=1.4)
        self.bias(f"{name}.bias", outputs)

    def norm(self, name: str, width: int, bias: bool = True) -> None:
        self.tensors[f"{name}.weight"] = 1 + 0.1 * self.normal(width)
        if bias:
            self.bias(f"{name}.bias", width)

    def block(self, name: str, width: int, ffn: int, key_bias: bool) -> None:
        """A WeNet transformer block."""
        for part in ("q", "k", "v", "out"):
            self.linear(f"{name}.self_attn.linear_{part}", width, width, bias=key_bias or part != "k")
        self.linear(f"{name}.feed_forward.w_1", ffn, width)
        self.linear(f"{name}.feed_forward.w_2", width, ffn)
        self.norm(f"{name}.norm1", width)
        self.norm(f"{name}.norm2", width)


def speech_weights(case: Case, draw: Draw) -> None:
    """Encoder, adapter and speech tables."""
    encoder, adapter, width = case.encoder, case.adapter, case.decoder.width
    draw.convolution("encoder.embed.conv.0", encoder.width, encoder.mel_bins)
    draw.convolution("encoder.embed.conv.2", encoder.width, encoder.width)
    for n in range(encoder.layers):
        draw.block(f"encoder.encoders.{n}", encoder.width, encoder.ffn, key_bias=False)
    draw.norm("encoder.after_norm", encoder.width)
    draw.convolution("down_sample_2.conv.1", adapter.width, encoder.width)
    draw.convolution("down_sample_2.conv.4", adapter.width, adapter.width)
    draw.convolution("down_sample_2.conv.7", adapter.width, adapter.width)
    draw.linear("speech_transformer.embed.out.0", adapter.width, adapter.width)
    draw.norm("speech_transformer.embed.out.1", adapter.width)
    for n in range(adapter.layers):
        draw.block(f"speech_transformer.encoders.{n}", adapter.width, adapter.ffn, key_bias=True)
    draw.norm("speech_transformer.after_norm", adapter.width)
    draw.linear("speech_llama_proj", width, adapter.width)
    draw.tensors["speech_token_emded.weight"] = draw.normal(CODEC_ROWS + 2, width)
    draw.norm("ln_speech", adapter.width)
    draw.linear("speech_head", CODEC_ROWS, width)
    draw.tensors["encoder.embed.pos_enc.pe"] = whisper_positions(300, encoder.width)[None]
    draw.tensors["speech_transformer.embed.pos_enc.pe"] = adapter_positions(100, adapter.width)[None]


def language_weights(case: Case, draw: Draw) -> None:
    """The language model under its own names, without LoRA."""
    d = case.decoder
    draw.tensors["model.embed_tokens.weight"] = draw.normal(d.vocab, d.width)
    for n in range(d.layers):
        layer = f"model.layers.{n}"
        draw.norm(f"{layer}.input_layernorm", d.width, bias=False)
        # Sharp attention: else the few rows of speech drown in the average over the prompt.
        sharpness = 1.0 if case.decisive else 2.0
        draw.linear(f"{layer}.self_attn.q_proj", d.heads * d.head_dim, d.width, gain=sharpness)
        draw.linear(f"{layer}.self_attn.k_proj", d.kv_heads * d.head_dim, d.width, gain=sharpness)
        draw.linear(f"{layer}.self_attn.v_proj", d.kv_heads * d.head_dim, d.width)
        draw.linear(f"{layer}.self_attn.o_proj", d.width, d.heads * d.head_dim)
        draw.norm(f"{layer}.post_attention_layernorm", d.width, bias=False)
        for part in ("gate_proj", "up_proj"):
            draw.linear(f"{layer}.mlp.{part}", d.ffn, d.width, bias=False)
        draw.linear(f"{layer}.mlp.down_proj", d.width, d.ffn, bias=False)
    draw.norm("model.norm", d.width, bias=False)
    draw.linear("lm_head", d.vocab, d.width, bias=False)
    draw.tensors["lm_head.weight"][-PADDING_ROWS:] = 0  # no model prints what its tokenizer does not know
    if case.decisive:
        known = d.vocab - PADDING_ROWS
        successor = torch.randperm(known, generator=draw.generator)
        embedding = draw.tensors["model.embed_tokens.weight"]
        head = draw.tensors["lm_head.weight"]
        head[successor] = 0.5 * head[successor] + embedding[:known] / math.sqrt(d.width)


def lora_factors(case: Case, draw: Draw) -> dict[str, Tensor]:
    """`<module>.lora_A.weight` and `.lora_B.weight` of every target."""
    factors: dict[str, Tensor] = {}
    for name, weight in list(draw.tensors.items()):
        module = name.removesuffix(".weight")
        if name.endswith(".weight") and module.rsplit(".", 1)[-1] in LORA_TARGETS:
            outputs, inputs = weight.shape
            factors[f"{module}.lora_A.weight"] = draw.normal(case.lora_rank, inputs) / math.sqrt(inputs)
            factors[f"{module}.lora_B.weight"] = draw.normal(outputs, case.lora_rank) / math.sqrt(case.lora_rank)
    return factors


def all_weights(case: Case) -> tuple[dict[str, Tensor], dict[str, Tensor], dict[str, Tensor]]:
    """Speech parts, language model and LoRA factors of a case, in bf16."""
    speech, language = Draw(case.seed), Draw(1000 + case.seed)
    speech_weights(case, speech)
    language_weights(case, language)
    factors = lora_factors(case, language) if case.form.lora else {}
    return _rounded(speech.tensors), _rounded(language.tensors), _rounded(factors)


def _rounded(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.to(torch.bfloat16) for name, tensor in tensors.items()}
