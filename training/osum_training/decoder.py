"""The language model (reference section 4): Llama's structure with biases on q, k, v and o, grouped queries, RMSNorm
and SiLU.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import DecoderConfig
from .encoder import BranchDropout, attend, mixed

KeyValue = tuple[Tensor, Tensor]


def rope_tables(config: DecoderConfig) -> tuple[Tensor, Tensor]:
    """Cosines and sines [positions, head dim] float32. Upstream's inverse frequencies are bf16 in practice (reference
    4.1).
    """
    exponents = torch.arange(0, config.head_dim, 2, dtype=torch.float32) / config.head_dim
    inverse = 1.0 / config.rope_theta**exponents
    if config.rope_bf16:
        inverse = inverse.to(torch.bfloat16).float()
    angles = torch.outer(torch.arange(config.max_positions, dtype=torch.float32), inverse)
    angles = torch.cat([angles, angles], dim=1)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotates the pairs (i, i + dim/2) of [batch, heads, length, dim]."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-second, first], dim=-1) * sin


class RMSNorm(nn.Module):
    def __init__(self, width: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()
        return self.weight * (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.eps)).to(x.dtype)


class Attention(nn.Module):
    def __init__(self, config: DecoderConfig):
        super().__init__()
        self.heads, self.kv_heads, self.head_dim = config.heads, config.kv_heads, config.head_dim
        self.q_proj = nn.Linear(config.width, config.heads * config.head_dim)
        self.k_proj = nn.Linear(config.width, config.kv_heads * config.head_dim)
        self.v_proj = nn.Linear(config.width, config.kv_heads * config.head_dim)
        self.o_proj = nn.Linear(config.heads * config.head_dim, config.width)

    def forward(
        self, x: Tensor, rope: KeyValue, bias: Tensor, cache: "Cache | None", watched: bool
    ) -> tuple[Tensor, Tensor | None]:
        batch, length, _ = x.shape
        q = self.q_proj(x).view(batch, length, self.heads, self.head_dim).transpose(1, 2)
        k = self.k_proj(x).view(batch, length, self.kv_heads, self.head_dim).transpose(1, 2)
        v = self.v_proj(x).view(batch, length, self.kv_heads, self.head_dim).transpose(1, 2)
        q, k = (rotate(part, *(table.to(part.dtype) for table in rope)) for part in (q, k))
        if cache is not None:
            k, v = (part.to(q.dtype) for part in cache.extend(k, v))
        group = self.heads // self.kv_heads
        k, v = (part.repeat_interleave(group, 1) for part in (k, v))
        heads, probabilities = attend(q, k, v, bias) if watched else (mixed(q, k, v, bias), None)
        return self.o_proj(heads.transpose(1, 2).reshape(batch, length, -1)), probabilities


class MLP(nn.Module):
    def __init__(self, config: DecoderConfig):
        super().__init__()
        self.gate_proj = nn.Linear(config.width, config.ffn, bias=False)
        self.up_proj = nn.Linear(config.width, config.ffn, bias=False)
        self.down_proj = nn.Linear(config.ffn, config.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class DecoderLayer(nn.Module):
    def __init__(self, config: DecoderConfig):
        super().__init__()
        self.input_layernorm = RMSNorm(config.width, config.rms_eps)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = RMSNorm(config.width, config.rms_eps)
        self.mlp = MLP(config)
        self.dropout = BranchDropout()

    def forward(
        self, x: Tensor, rope: KeyValue, bias: Tensor, cache: "Cache | None", watched: bool
    ) -> tuple[Tensor, Tensor | None]:
        attended, probabilities = self.self_attn(self.input_layernorm(x), rope, bias, cache, watched)
        x = x + self.dropout(attended)
        return x + self.dropout(self.mlp(self.post_attention_layernorm(x))), probabilities


class Cache:
    """Keys and values of one layer for a batch whose items are at different positions: [batch, kv heads, capacity,
    dim], with the type and device of `like`.
    """

    def __init__(self, batch: int, config: DecoderConfig, capacity: int, like: Tensor):
        shape = (batch, config.kv_heads, capacity, config.head_dim)
        self.keys, self.values = like.new_zeros(shape), like.new_zeros(shape)
        self.at = like.new_zeros(batch, 1, dtype=torch.long)  # positions of the rows that come next, [batch, new rows]

    def extend(self, k: Tensor, v: Tensor) -> KeyValue:
        rows = torch.arange(k.shape[0], device=k.device)[:, None]
        self.keys[rows, :, self.at] = k.transpose(1, 2).to(self.keys.dtype)
        self.values[rows, :, self.at] = v.transpose(1, 2).to(self.values.dtype)
        return self.keys, self.values


class Backbone(nn.Module):
    def __init__(self, config: DecoderConfig):
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab, config.width)
        self.layers = nn.ModuleList(DecoderLayer(config) for _ in range(config.layers))
        self.norm = RMSNorm(config.width, config.rms_eps)

    def layer(self, number: int) -> DecoderLayer:
        layer = self.layers[number]
        assert isinstance(layer, DecoderLayer)
        return layer


class Decoder(nn.Module):
    cos: Tensor
    sin: Tensor

    def __init__(self, config: DecoderConfig):
        super().__init__()
        self.config = config
        self.model = Backbone(config)
        self.lm_head = nn.Linear(config.width, config.vocab, bias=False)
        cos, sin = rope_tables(config)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def embed(self, ids: Tensor) -> Tensor:
        return self.model.embed_tokens(ids)

    def forward(
        self, x: Tensor, caches: list[Cache] | None = None, watch: tuple[int, ...] = ()
    ) -> tuple[Tensor, list[Tensor]]:
        """Rows [batch, length, width] -> normalised states of the same shape, and the attention of the layers in
        `watch`.

        Without caches the rows are whole sequences, padded at their ends; the causal mask alone keeps padding out. With
        caches they
        are continuations at the positions `cache.at`.
        """
        if caches is None:
            positions = torch.arange(x.shape[1], device=x.device)[None]
            allowed = positions[0, :, None] >= positions
            bias = torch.where(allowed, 0.0, -1e4).to(x.dtype)[None, None]
        else:
            positions = caches[0].at
            allowed = positions[:, :, None] >= torch.arange(caches[0].keys.shape[2], device=x.device)
            bias = torch.where(allowed, 0.0, -1e4).to(x.dtype)[:, None]
        rope = (self.cos[positions][:, None], self.sin[positions][:, None])
        watched = []
        for number, layer in enumerate(self.model.layers):
            x, probabilities = layer(x, rope, bias, caches[number] if caches else None, number in watch)
            if probabilities is not None:
                watched.append(probabilities)
        return self.model.norm(x), watched
