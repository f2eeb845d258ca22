"""The shards of a cache: which there are to make, in which order, and about how long each is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from .cache import FRAMES_PER_SECOND, cache_folder
from .config import Config, SourceConfig
from .formats.record import Unit

FEW_SPEAKERS = ("emodb",)  # sources whose disturbed copies are as of other speakers, and may be several a round
VALIDATION_ONLY = "librispeech-other-dev"
DIGIT_SOURCE, DIGIT_SECONDS = "fsdd", 950.0  # of a shard of joined digits, about
HELD_OUT_SPEECH = ("synthetic-dev", "style-dev", "chat-dev")  # kinds of shards
STYLES, PASSAGE_SECONDS = 5, 14.0  # with texts; and of a passage, about
CHAT_LINE_SECONDS = 3.5  # of a spoken line of the chat domain, about
PADDING_SECONDS = 0.4  # of silence that a disturbed copy gets on average


@dataclass(frozen=True)
class Task:
    """A shard to make. kind: clean | noisy | digits | synthetic | chat, or one of HELD_OUT_SPEECH; number: repetition,
    part of the seed; unit: which part of a source in one of the reference's formats.
    """

    kind: str
    source: str = ""
    number: int = 0
    unit: int | None = None

    @property
    def name(self) -> str:
        unit = "" if self.unit is None else f"{self.unit:05d}"
        return "-".join(filter(None, (self.kind, self.source, f"{self.number:03d}", unit)))


Sources = Mapping[str, tuple[SourceConfig, list[Unit]]]  # of the reference's formats, by name


def tasks(config: Config, sources: Sources) -> list[Task]:
    """Real recordings first, so that training can begin while the rest is made, round by round."""
    data, units = config.data, {name: len(parts) for name, (_, parts) in sources.items()}
    disturbed = [name for name, (source, _) in sources.items() if source.noisy and source.split == "train"]
    made = [Task("clean", source) for source in data.recordings]
    made += [Task("clean", name, unit=n) for name, count in units.items() for n in range(count)]
    made += [Task(kind) for kind in HELD_OUT_SPEECH] if data.scored_voices else []
    for n in range(data.rounds):
        made += _numbered(Task("synthetic"), n, config) if data.voices else []
        made += [Task("digits", number=n)] if DIGIT_SOURCE in data.recordings else []
        made += _numbered(Task("chat"), n, config) if data.voices else []
        for source in data.recordings:
            made += _numbered(Task("noisy", source), n, config) if source != VALIDATION_ONLY else []
        made += [Task("noisy", name, n, unit) for name in disturbed for unit in range(units[name])]
    return made


def first_tasks(config: Config, sources: Sources) -> list[Task]:
    """The tasks that training waits for: all recordings and the first rounds."""
    return [
        task
        for task in tasks(config, sources)
        if round_of(task, config) < config.data.first_rounds or task.kind in ("clean", *HELD_OUT_SPEECH)
    ]


def round_of(task: Task, config: Config) -> int:
    """The round, from 0, that a shard belongs to."""
    return task.number // max(1, _a_round(task, config))


def _a_round(task: Task, config: Config) -> int:
    """How many shards of a kind and source a round has."""
    data = config.data
    if task.source in FEW_SPEAKERS:
        return data.copies
    return {"synthetic": data.synthetic_shards, "chat": data.chat_shards}.get(task.kind, 1)


def _numbered(task: Task, of_round: int, config: Config) -> list[Task]:
    count = _a_round(task, config)
    return [replace(task, number=of_round * count + i) for i in range(count)]


def missing(wanted: list[Task], config: Config, work: Path) -> list[Task]:
    """Those whose shard is not in the cache."""
    folder = cache_folder(config, work)
    return [task for task in wanted if not (folder / f"{task.name}.jsonl").exists()]


Lengths = Mapping[str, tuple[int, float]]  # clips and seconds of each source; of parts of a source as NAME-unit


def task_seconds(task: Task, config: Config, lengths: Lengths) -> float:
    """About how many seconds of audio a shard will hold."""
    if task.kind in ("synthetic", "synthetic-dev"):
        return config.data.shard_seconds * 1.02
    if task.kind == "style-dev":
        return STYLES * config.data.style_dev_passages * PASSAGE_SECONDS
    if task.kind == "digits":
        return DIGIT_SECONDS
    if task.kind in ("chat", "chat-dev"):
        return config.data.chat_lines * (CHAT_LINE_SECONDS + PADDING_SECONDS)
    clips, seconds = lengths[task.source if task.unit is None else f"{task.source}-{task.unit}"]
    return seconds if task.kind == "clean" else seconds * 1.02 + clips * PADDING_SECONDS


def needed_bytes(wanted: list[Task], config: Config, lengths: Lengths) -> float:
    """About what the shards of `wanted` will take on disk: float16 hidden states."""
    frames = sum(task_seconds(task, config, lengths) for task in wanted) * FRAMES_PER_SECOND
    return 1.02 * frames * config.encoder.width * 2
