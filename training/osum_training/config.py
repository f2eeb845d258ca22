"""All numbers of a training run. Defaults are osum-nano's; a TOML file may override any of them section by section."""

import dataclasses
import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class EncoderConfig:
    layers: int = 6
    width: int = 512
    heads: int = 8
    ffn: int = 2048
    max_frames: int = 1500  # 50 a second
    frozen: int = 3  # first layers that are never trained; the cache holds their output


@dataclass(frozen=True)
class AdapterConfig:
    in_width: int = 512
    layers: int = 4
    width: int = 512
    heads: int = 4
    ffn: int = 2048
    out_width: int = 384
    max_positions: int = 400  # 12.5 a second


@dataclass(frozen=True)
class DecoderConfig:
    layers: int = 6
    width: int = 384
    heads: int = 6
    kv_heads: int = 2
    head_dim: int = 64
    ffn: int = 1024
    vocab: int = 3072
    spoken: int = 2048  # first ids, which transcripts and labels are made of: the classes of CTC
    rope_theta: float = 16e6
    rope_bf16: bool = True
    rms_eps: float = 1e-5
    max_positions: int = 2048


@dataclass(frozen=True)
class DataConfig:
    rounds: int = 40  # each makes noisy copies of the real recordings, digit strings and synthetic shards
    synthetic_shards: int = 10  # a round
    shard_seconds: float = 900.0
    chat_lines: int = 400  # a round
    max_seconds: float = 29.0
    seed: int = 777


@dataclass(frozen=True)
class PhaseConfig:
    """One run of the trainer. `hours` of audio passed by all processes end it; `batch_seconds` are of audio, a process
    and step.
    """

    hours: float
    peak_lr: float
    batch_seconds: float = 80.0
    warmup_steps: int = 60
    decay_share: float = 0.3  # of the hours, in which the learning rate falls
    final_lr: float = 0.03  # share of the peak
    weight_decay: float = 0.05
    clip: float = 2.0
    muon: bool = True
    decoder_share: float = 1.0  # of a batch's clips that the decoder reads; the adapter's CTC always sees all


@dataclass(frozen=True)
class Config:
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    adapter: AdapterConfig = field(default_factory=AdapterConfig)
    decoder: DecoderConfig = field(default_factory=DecoderConfig)
    data: DataConfig = field(default_factory=DataConfig)
    stage1: PhaseConfig = field(default_factory=lambda: PhaseConfig(hours=30, peak_lr=2e-3))
    stage1_encoder: PhaseConfig = field(default_factory=lambda: PhaseConfig(hours=150, peak_lr=1e-3, batch_seconds=240))
    stage2: PhaseConfig = field(default_factory=lambda: PhaseConfig(hours=6, peak_lr=2e-3))
    read: PhaseConfig = field(default_factory=lambda: PhaseConfig(hours=12, peak_lr=1.5e-3, batch_seconds=60))
    stage3: PhaseConfig = field(default_factory=lambda: PhaseConfig(45, 1.2e-3, 160, decoder_share=0.5))
    processes: int = 2
    average_every: int = 8  # steps between the averaging of the processes' parameters
    checkpoint_seconds: float = 120.0
    evaluate_seconds: float = 1200.0
    seed: int = 777


def load_config(path: Path | None) -> Config:
    """The defaults, or the defaults with the TOML file's values over them. Unknown keys are errors."""
    config = Config()
    if path is None:
        return config
    changes: dict[str, object] = {}
    for key, value in tomllib.loads(path.read_text()).items():
        if not hasattr(config, key):
            raise ValueError(f"{path}: unknown setting {key!r}")
        changes[key] = dataclasses.replace(getattr(config, key), **value) if isinstance(value, dict) else value
    return dataclasses.replace(config, **changes)


def work_folder() -> Path:
    """Where large artefacts live: OSUM_TRAINING_DIR, or training/.work, which git ignores."""
    return Path(os.environ.get("OSUM_TRAINING_DIR", REPOSITORY / "training" / ".work"))
