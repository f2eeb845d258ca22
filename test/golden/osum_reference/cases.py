"""Which synthetic checkpoints there are: small and odd dimensions, and the forms in which checkpoints come."""

from dataclasses import dataclass, field
from math import ceil


@dataclass(frozen=True)
class Encoder:
    layers: int = 2
    width: int = 48
    heads: int = 3
    ffn: int = 76
    mel_bins: int = 80


@dataclass(frozen=True)
class Adapter:
    layers: int = 2
    width: int = 40
    heads: int = 4
    ffn: int = 52


@dataclass(frozen=True)
class Decoder:
    layers: int = 2
    width: int = 60
    heads: int = 6
    kv_heads: int = 3
    head_dim: int = 16
    ffn: int = 84
    vocab: int = 517
    rope_theta: float = 16_000_000.0
    rope_bf16: bool = True
    eps: float = 1e-5
    positions: int = 640


@dataclass(frozen=True)
class Form:
    """How the checkpoint is written.

    lora: with factors, or merged into the weights. base: where the language model's own weights stand, in the
    checkpoint or in the shards of its folder. peft: with `base_layer.` and the adapter's name, or without, as older
    versions write. container: the key of the larger dictionary that holds the tensors, if any.
    """

    lora: bool = True
    base: str = "checkpoint"
    peft: str = "new"
    container: str | None = None


@dataclass(frozen=True)
class Case:
    name: str
    seed: int
    encoder: Encoder = field(default_factory=Encoder)
    adapter: Adapter = field(default_factory=Adapter)
    decoder: Decoder = field(default_factory=Decoder)
    form: Form = field(default_factory=Form)
    tokenizer: str = "bpe"
    lora_rank: int = 4
    lora_alpha: float = 2.0
    decisive: bool = False
    """A trained model is sure of most tokens, a random one is not: there, one rounding in bf16 decides between two
    that are nearly as good. A decisive checkpoint scores a token by the one before it, plus noise."""

    @property
    def lora_scale(self) -> float:
        return self.lora_alpha / self.lora_rank


CASES = {
    case.name: case
    for case in (
        Case("published", seed=1),
        Case(
            "shards",
            seed=2,
            encoder=Encoder(layers=3, width=96, ffn=101),
            decoder=Decoder(width=54, heads=3, kv_heads=3, head_dim=32, vocab=245, rope_bf16=False),
            form=Form(base="shards", peft="old", container="module"),
            tokenizer="unigram",
        ),
        Case(
            "merged",
            seed=3,
            encoder=Encoder(width=64, heads=1, ffn=77),
            adapter=Adapter(layers=1, width=64, heads=2, ffn=33),
            decoder=Decoder(width=80, heads=2, kv_heads=1, head_dim=64, ffn=61, vocab=451),
            form=Form(lora=False),
        ),
        Case("other-seed", seed=4, decoder=Decoder(layers=3)),
        Case("decisive", seed=5, decisive=True, adapter=Adapter(width=64), decoder=Decoder(width=96, kv_heads=2)),
        Case(
            "decisive-odd",
            seed=6,
            encoder=Encoder(width=192, heads=3, ffn=130),
            adapter=Adapter(width=96, heads=3, ffn=50),
            decoder=Decoder(width=90, heads=3, kv_heads=1, head_dim=32, vocab=251, ffn=101),
            form=Form(base="shards"),
            tokenizer="unigram",
            decisive=True,
        ),
    )
}


def encoder_frames(mel_frames: int) -> int:
    return ceil(mel_frames / 2)
