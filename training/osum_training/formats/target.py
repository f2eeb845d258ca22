"""A target text of the reference, normalised (section 7) and taken apart: words, times, labels, answer."""

import re
from dataclasses import dataclass, field

from ..errors import InputError
from ..speech_data import Words
from .labels import assigned, is_missing

_CJK = r"[\u4e00-\u9fff]"
_NUMBER = r"\s*[0-9]+(\.[0-9]+)?\s*"
_NUMBERS = re.compile(rf"{_NUMBER}(,{_NUMBER})?")
_THOUGHT = re.compile(r"<think>.*?<think end>", re.DOTALL)
ANSWER_BEGINS = "<开始回答>"


@dataclass
class Target:
    """What a target says. `unlabelled`: it marks a missing label, so the item cannot be trained on."""

    text: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    words: Words | None = None
    reply: str = ""
    unlabelled: bool = False


def normalised(text: str, lower: bool) -> str:
    """No space around Chinese characters and brackets; lower case if `lower`, for plain transcripts."""
    text = re.sub(rf"\s*({_CJK})\s*", r"\1", text.strip())
    text = re.sub(r"\s*([<>])\s*", r"\1", text)
    return text.lower() if lower else text


def parse_target(text: str, tasks: tuple[str, ...], place: str) -> Target:
    """The parts of a target for `tasks`. Raises InputError where it does not have what they ask for."""
    if "chat" in tasks:
        return _chat(text, tasks, place)
    text = normalised(text, lower=tasks == ("asr",))
    parts = [(bracket, run) for bracket, run in re.findall(r"<([^<>]*)>|([^<>]+)", text)]
    labels = [bracket for bracket, _ in parts if bracket and not _NUMBERS.fullmatch(bracket)]
    if any(map(is_missing, labels)):
        return Target(unlabelled=True)
    target = Target(labels=assigned(tasks, labels, place))
    runs = [run.strip() for _, run in parts if run.strip()]
    if "asr" not in tasks and "align" not in tasks:
        if runs:
            raise InputError(f"{place}: expected labels alone, got the words {runs[0]!r}; add <TRANSCRIBE> to the task")
        return target
    if not runs:
        raise InputError(f"{place}: expected a transcript, got {text!r}; add the words or correct the task")
    if "align" in tasks:
        target.words = _timed(parts, place)
        runs = [word for word, _, _ in target.words]
    target.text = normalised(" ".join(runs), lower=False)
    return target


def _chat(text: str, tasks: tuple[str, ...], place: str) -> Target:
    words, _, reply = _THOUGHT.sub("", text).rpartition(ANSWER_BEGINS)
    if ("asr" in tasks) != bool(words.strip()) or not reply.strip():
        wanted = f"a transcript, {ANSWER_BEGINS} and an answer" if "asr" in tasks else "an answer"
        raise InputError(f"{place}: expected {wanted}, got {text!r}; correct text or task")
    return Target(text=normalised(words, lower=False), reply=reply.strip())


def _timed(parts: list[tuple[str, str]], place: str) -> Words:
    """Words with times, which stand as `<start, end>` behind a word or as brackets before and behind it."""
    words: Words = []
    word, before = "", None
    for bracket, run in parts:
        if run.strip():
            word = run.strip()
        elif _NUMBERS.fullmatch(bracket):
            times = [float(number) for number in bracket.split(",")]
            start = times[0] if len(times) == 2 else before
            if word and start is not None:
                words.append((word, start, times[-1]))
                word, before = "", None
            else:
                before = times[0]
    if word or not words or any(end < start for _, start, end in words):
        raise InputError(f"{place}: expected times such as <0.1, 0.4> for every word, got {parts}; correct them")
    return words
