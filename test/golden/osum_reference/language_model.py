"""openPangu-Embedded (reference, section 4) with LoRA beside its weights, as upstream serves it: one sequence, a cache
of keys and values.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from .cases import Case
from .positions import rope_frequencies
from .wenet import Tap, Weights


class LanguageModel:
    def __init__(self, case: Case, weights: Weights):
        """Weights have the language model's own names; factors of LoRA end in lora_A.weight and lora_B.weight."""
        self.case, self.weights = case, weights
        self.dims = case.decoder
        self.frequencies = rope_frequencies(self.dims.head_dim, self.dims.rope_theta, self.dims.rope_bf16)

    def embed(self, ids: list[int]) -> Tensor:
        return self.weights["model.embed_tokens.weight"][torch.tensor(ids, dtype=torch.long)]

    def forward(self, x: Tensor, cache: list[tuple[Tensor, Tensor]], tap: Tap) -> Tensor:
        """Embeddings [new, width] of the next positions -> logits [vocab] of the last. Extends the cache."""
        start = cache[0][0].shape[1] if cache else 0
        angles = torch.arange(start, start + len(x), dtype=torch.float32)[:, None] * self.frequencies
        turns = torch.cat([angles, angles], dim=1)
        cos, sin = turns.cos().to(x.dtype), turns.sin().to(x.dtype)
        for n in range(self.dims.layers):
            layer = f"model.layers.{n}"
            normed = self.rms_norm(f"{layer}.input_layernorm", x)
            x = x + self.attention(f"{layer}.self_attn", normed, cos, sin, cache, n)
            normed = self.rms_norm(f"{layer}.post_attention_layernorm", x)
            gate = F.silu(self.linear(f"{layer}.mlp.gate_proj", normed))
            inner = gate * self.linear(f"{layer}.mlp.up_proj", normed)
            x = x + self.linear(f"{layer}.mlp.down_proj", inner)
            tap(f"model.layers.{n}", x)
        x = self.rms_norm("model.norm", x)
        tap("model.norm", x)
        return F.linear(x[-1], self.weights["lm_head.weight"])

    def attention(
        self, name: str, x: Tensor, cos: Tensor, sin: Tensor, cache: list[tuple[Tensor, Tensor]], layer: int
    ) -> Tensor:
        d = self.dims
        q = self.heads(name, "q_proj", x, d.heads)
        k = self.heads(name, "k_proj", x, d.kv_heads)
        v = self.heads(name, "v_proj", x, d.kv_heads)
        q, k = (part * cos + rotate_half(part) * sin for part in (q, k))
        if layer < len(cache):
            k, v = (torch.cat([old, new], dim=1) for old, new in zip(cache[layer], (k, v), strict=True))
            cache[layer] = (k, v)
        else:
            cache.append((k, v))
        k, v = (part.repeat_interleave(d.heads // d.kv_heads, dim=0) for part in (k, v))
        scores = (q @ k.transpose(1, 2)) * d.head_dim**-0.5
        new, total = scores.shape[1:]
        unseen = torch.ones(new, total, dtype=torch.bool).triu(total - new + 1)
        scores = scores.masked_fill(unseen, float("-inf"))
        mixed = torch.softmax(scores.float(), dim=-1).to(x.dtype) @ v
        return self.linear(f"{name}.o_proj", mixed.transpose(0, 1).flatten(1))

    def heads(self, name: str, part: str, x: Tensor, heads: int) -> Tensor:
        """[heads, rows, head_dim]"""
        return self.linear(f"{name}.{part}", x).view(len(x), heads, -1).transpose(0, 1)

    def linear(self, name: str, x: Tensor) -> Tensor:
        w = self.weights
        y = F.linear(x, w[f"{name}.weight"], w.get(f"{name}.bias"))
        if f"{name}.lora_A.weight" not in w:
            return y
        low = F.linear(F.linear(x, w[f"{name}.lora_A.weight"]), w[f"{name}.lora_B.weight"])
        return y + low * self.case.lora_scale

    def rms_norm(self, name: str, x: Tensor) -> Tensor:
        wide = x.float()
        scaled = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.dims.eps)
        return self.weights[f"{name}.weight"] * scaled.to(x.dtype)


def rotate_half(x: Tensor) -> Tensor:
    first, second = x.chunk(2, dim=-1)
    return torch.cat([-second, first], dim=-1)
