"""Records of the reference's formats as the clips that `prepare` encodes."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from ..audio_file import audio_seconds, decoded
from ..config import SourceConfig
from ..mel import SAMPLE_RATE
from ..speech_data import Clip
from ..text import spoken_form
from . import records
from .filters import SampleFilter
from .record import Record, Unit
from .target import Target, parse_target
from .task_keys import tasks_of

TEXT_ONLY = "text only"


def read_clips(source: SourceConfig, unit: Unit, sample_filter: SampleFilter, left_out: Counter) -> Iterator[Clip]:
    """The clips of a unit. What is left out is counted in `left_out` by its reason."""
    for record in records(unit):
        target = _target(record)
        if target is None:
            left_out[TEXT_ONLY] += 1
            continue
        audio = decoded(record.audio, record.place, record.start, record.end)
        question = _question(record)
        if reason := sample_filter.reason(target, len(audio) / SAMPLE_RATE, question):
            left_out[reason] += 1
            continue
        clip = Clip(f"{source.name}:{record.key}", source.name, audio, target.text or None, target.labels)
        text = spoken_form(target.text) if source.spoken_form else target.text
        clip = replace(clip, text=text or None, words=target.words, reply=target.reply, question=question)
        yield replace(clip, split=source.split)


def check_unit(unit: Unit) -> tuple[int, float]:
    """Reads a unit without decoding it. Returns its items and their seconds; raises InputError for what is wrong."""
    count, seconds = 0, 0.0
    for record in records(unit):
        if _target(record) is not None:
            whole = audio_seconds(record.audio, record.place)
            seconds += min(whole, record.end or whole) - record.start
            count += 1
    return count, seconds


def _target(record: Record) -> Target | None:
    tasks = tasks_of(record.task, record.place)
    return None if tasks is None else parse_target(record.text, tasks, record.place)


def _question(record: Record) -> str:
    """What to ask about the clip where the data says so; chat has no prompt, its question is what is heard."""
    question = record.extra.get("question", "")
    return question if isinstance(question, str) and "S2TCHAT" not in record.task else ""
