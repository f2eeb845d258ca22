"""All numbers of a training run. Defaults are osum-nano's; a TOML file may override any of them section by section
(`config_file.py`).
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

REPOSITORY = Path(__file__).resolve().parents[2]
STAGES = ("stage1", "stage1-encoder", "stage2", "stage3-read", "stage3")  # runs, in the order of training
NETWORKS = ("encoder", "adapter", "decoder")
RECORDINGS = (
    "speechocean762",
    "librispeech-3spk",
    "librispeech-clean100",
    "librispeech-other-dev",
    "asterisk-en",
    "wakewords",
    "fsdd",
    "fsdd-strings",
    "emogator",
    "emodb",
    "donateacry",
    "esc10",
)


@dataclass(frozen=True)
class EncoderConfig:
    layers: int = 6
    width: int = 512
    heads: int = 8
    ffn: int = 2048
    max_frames: int = 1500  # 50 a second
    frozen: int = 3  # first layers that are never trained; the cache holds their output
    weights: Literal["whisper-base", "random"] = "whisper-base"  # to start from; random ones follow from the seed

    @property
    def all_frozen(self) -> bool:
        """Whether stage 1 has no layer of the encoder to train."""
        return self.frozen == self.layers


@dataclass(frozen=True)
class AdapterConfig:
    in_width: int = 512
    layers: int = 6
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
class SourceConfig:
    """Further recordings, in one of the reference's formats (section 8.3).

    `dataset` names a YAML file of several sources (name: path, weight), whose formats follow from their paths; `name`,
    `format`, `path` and `weight` give a single one. Relative paths start at the data folder.
    """

    licence: str
    attribution: str
    name: str = ""
    format: Literal["", "raw", "shard", "combine"] = ""
    path: str = ""
    dataset: str = ""
    weight: float = 1.0  # how often a recording comes in one round
    split: Literal["train", "dev"] = "train"
    spoken_form: bool = False  # whether English transcripts are written as osum-nano's: lower case, letters only
    noisy: bool = True  # whether each round makes a disturbed copy


@dataclass(frozen=True)
class DataConfig:
    rounds: int = 2  # each makes noisy copies of the real recordings, digit strings and synthetic shards
    first_rounds: int = 1  # that `all` waits for before it trains; the others are made meanwhile
    synthetic_shards: int = 82  # a round
    shard_seconds: float = 900.0
    chat_shards: int = 4  # of spoken lines of the chat domain, a round
    chat_lines: int = 800  # in such a shard
    copies: int = 6  # disturbed ones of the recordings of `shard_tasks.FEW_SPEAKERS`, a round
    chat_dev_lines: int = 10_000  # of the held-out ones, at most
    style_dev_passages: int = 30  # of each style, to score on
    max_seconds: float = 29.0
    transcript_pieces: int = 0  # likeliest English pieces that transcripts are written in, beside letters; 0: all
    seed: int = 777
    recordings: tuple[str, ...] = RECORDINGS  # of the data folder's speech/
    voices: tuple[str, ...] = ("hibari", "flite", "joe", "kokoro")
    scored_voices: tuple[str, ...] = ("hibari", "flite", "joe")  # of synthetic speech that is only scored on
    published_texts: bool = True  # whether text/ and instructions/ are those whose licences `sources.py` names
    taught_emotions: bool = True  # of speech without known ones, as `emotion_teacher.py` hears them
    spec_augment: bool = False  # time and frequency masks on log-mel features of training copies (reference 8.3)
    spec_substitute: bool = False  # spans of frames replaced by earlier ones, likewise
    sources: tuple[SourceConfig, ...] = ()


@dataclass(frozen=True)
class LoraConfig:
    """Low-rank adaptation of the decoder instead of training it whole (reference 4.2)."""

    rank: int = 64
    alpha: float = 32.0
    dropout: float = 0.1


@dataclass(frozen=True)
class PhaseConfig:
    """One run of the trainer. `hours` of audio passed by all processes end it; `batch_seconds` are of audio, a process
    and step.

    schedule: "constant-linear" warms up linearly, stays, and falls over the last `decay_share` of the hours; "warmup"
    is the reference's WarmupLR: peak at `warmup_steps`, then the inverse square root of the step, without an end.
    repetition: how a source's weight is read. "fractional" takes the part behind the point as a chance; "truncated" is
    the reference's rule: int(weight) times from 1 on, below it a drawn share of the recordings.
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
    schedule: Literal["constant-linear", "warmup"] = "constant-linear"
    repetition: Literal["fractional", "truncated"] = "fractional"
    masks: bool = True  # whether spans and bands of the cached states are masked (SpecAugment)
    synthetic_masks: bool = True  # whether those of synthetic speech are too, of which there is enough without
    dropout: float = 0.2  # share of the channels that a block of the adapter adds to a clip
    decoder_dropout: float = 0.05  # the same of the decoder, which copies, and for which much is noise
    lora: bool = False  # whether the decoder's base stays and only LoRA's matrices are trained; [lora] has their size


PASSAGE_PIECES = 120  # of running text


@dataclass(frozen=True)
class TextConfig:
    """How much text a process reads in a step, in positions of the decoder."""

    instructions: int = 1600  # of instructions, in a step of text alone
    running: int = 4800  # of running text, likewise
    joint_instructions: int = 3000  # the same beside speech
    joint_running: int = 800
    joint_games: int = 1600  # of games beside speech


@dataclass(frozen=True)
class ReleaseConfig:
    """What the exported package is called, and how it stores linear weights."""

    name: str = "osum-nano"
    version: str = "0.1.0"
    weights: Literal["int8", "bf16", "fp32"] = "int8"


@dataclass(frozen=True)
class StartConfig:
    """What training begins from: Whisper's encoder and random weights, or a package of the same dimensions, whose
    tokenizer is then used too. Networks that `networks` leaves out begin as without a package.
    """

    package: str = ""  # folder with model.json; a relative one starts at the repository
    networks: tuple[str, ...] = NETWORKS


@dataclass(frozen=True)
class Config:
    start: StartConfig = field(default_factory=StartConfig)
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    adapter: AdapterConfig = field(default_factory=AdapterConfig)
    decoder: DecoderConfig = field(default_factory=DecoderConfig)
    data: DataConfig = field(default_factory=DataConfig)
    stage1: PhaseConfig = field(default_factory=lambda: PhaseConfig(104, 2e-3, 100, decay_share=0.4))
    stage1_encoder: PhaseConfig = field(default_factory=lambda: PhaseConfig(10, 6e-4, 60, decay_share=0.8))
    stage2: PhaseConfig = field(default_factory=lambda: PhaseConfig(hours=36, peak_lr=2e-3, decay_share=0.25))
    read: PhaseConfig = field(default_factory=lambda: PhaseConfig(73, 1.2e-3, 100, decay_share=0.7))
    stage3: PhaseConfig = field(
        default_factory=lambda: PhaseConfig(190, 8e-4, 100, decay_share=0.6, dropout=0.1, synthetic_masks=False)
    )
    lora: LoraConfig = field(default_factory=LoraConfig)
    text: TextConfig = field(default_factory=TextConfig)
    release: ReleaseConfig = field(default_factory=ReleaseConfig)
    processes: int = 2
    fused: bool = False  # whether stages compile the networks' blocks (`fused.py`): less than two thirds of the time
    average_every: int = 8  # steps between additions to the parameters' moving average
    checkpoint_seconds: float = 120.0
    evaluate_seconds: float = 1200.0
    evaluate_prompts: int = 10_000  # held-out instructions of one kind and language to score on, at most
    plots: bool = True  # whether stages draw runs/plots when they evaluate, if matplotlib is there
    seed: int = 777


def work_folder() -> Path:
    """Where large artefacts live: OSUM_TRAINING_DIR, or training/.work, which git ignores."""
    return Path(os.environ.get("OSUM_TRAINING_DIR", REPOSITORY / "training" / ".work"))
