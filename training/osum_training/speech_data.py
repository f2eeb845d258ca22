"""Real recordings: manifests beside tar files of Opus clips, their labels in the model's words, and the split into
training and validation.
"""

import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

import numpy as np

from .audio_file import audio_seconds, decoded
from .data_folder import data_file
from .errors import InputError
from .grammar import LABELS
from .tar_member import member_bytes
from .text import spoken_form

GENDERS = {"male": "MALE", "female": "FEMALE"}
EMOTIONS = {
    "anger": "ANGER",
    "disgust": "DISGUST",
    "fear": "FEAR",
    "happiness": "HAPPY",
    "neutral": "NEUTRAL",
    "sadness": "SAD",
    "surprise": "SURPRISE",
    "other": "OTHER",
    "boredom": "OTHER",
}
EVENTS = {"cry": "CRY", "sneeze": "SNEEZE", "none": "OTHER"}
HELD_OUT_SPEAKERS = {"fsdd-theo", "emodb-11", "emodb-14"}
# Adults whose median pitch is that of the other sex (117 and 125 Hz; 218 and 248 Hz): `python -m osum_training pitch`.
DOUBTFUL_GENDERS = {"so-2380", "so-2430", "so-2355", "so-3023"}
SPLIT_BY_SPEAKER = {"speechocean762", "librispeech-clean100", "emogator", "donateacry"}


Words = list[tuple[str, float, float]]  # each word with its start and end in seconds


@dataclass
class Clip:
    """One utterance: audio [samples] float32 at 16 kHz, and what is known about it. labels: task -> label without
    brackets; words: each word of `text` with its start and end in seconds; reply_to: the chat intent that it speaks;
    reply: the answer to it, where one is given; question: what to ask the model about it, where the data says so.
    """

    key: str
    source: str
    audio: np.ndarray
    text: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    speaker: str = ""
    split: str = "train"
    words: Words | None = None
    reply_to: str = ""
    reply: str = ""
    question: str = ""


def split_of(source: str, line: dict) -> str:
    """`dev` for validation: marked clips, named speakers, a tenth of the speakers of large sets,
    and fold 4 of ESC-10."""
    speaker = line.get("speaker", "")
    if line.get("split") == "dev" or speaker in HELD_OUT_SPEAKERS:
        return "dev"
    if source == "esc10":
        return "dev" if Path(line["audio"]).name.startswith("4-") else "train"
    shared = speaker in ("ls-19", "ls-26", "ls-27")  # also in librispeech-3spk, which is trained on
    return "dev" if source in SPLIT_BY_SPEAKER and not shared and crc32(speaker.encode()) % 10 == 0 else "train"


def labels_of(source: str, line: dict, place: str) -> dict[str, str]:
    """The labels that a manifest line carries. A label that the data does not state is absent and
    is never asked for, nor is the gender of a speaker whose voice speaks against it, or of a child to train on. Raises
    InputError for a label that no table knows."""
    labels = {}
    for key, task, known in (
        ("gender", "gender", GENDERS),
        ("age_label", "age", {label: label for label in LABELS["age"]}),
        ("emotion", "emotion", EMOTIONS),
        ("event", "caption", EVENTS),
    ):
        if found := line.get(key):
            if found not in known:
                raise InputError(f"{place}: the {key} {found!r} is unknown; expected one of {', '.join(known)}")
            labels[task] = known[found]
    if line.get("speaker") in DOUBTFUL_GENDERS or (labels.get("age") == "CHILD" and split_of(source, line) == "train"):
        labels.pop("gender", None)  # nothing in children's voices tells it; learnt by heart, it spoils adults'
    if source == "asterisk-en":
        labels["style"] = "客服"
    if source.startswith("librispeech"):
        labels["style"] = "有声书"
    return labels


class Recordings:
    """One source of the data folder: a manifest, and a tar beside it whose members its lines name."""

    def __init__(self, folder: Path, source: str):
        self.source = source
        self.manifest, self.tar_path = data_file(folder / f"{source}.jsonl"), data_file(folder / f"{source}.tar")

    def lines(self) -> Iterator[tuple[str, dict, bytes]]:
        """Each line of the manifest, with its place for messages and its encoded audio."""
        with tarfile.open(self.tar_path) as tar:
            members = {member.name.removeprefix("./"): member for member in tar if member.isfile()}
            for number, text in enumerate(self.manifest.read_text(encoding="utf-8").splitlines(), start=1):
                place = f"{self.manifest} line {number}"
                line = _object(text, place)
                if line["audio"] not in members:
                    raise InputError(
                        f"{place} names {line['audio']}, which {self.tar_path.name} does not hold; "
                        "put the clip there or remove the line"
                    )
                yield place, line, member_bytes(tar, members[line["audio"]])

    def clips(self) -> Iterator[Clip]:
        """All clips in the order of the manifest."""
        for place, line, data in self.lines():
            audio = decoded(data, f"{place}, {line['audio']}")
            words = spoken_form(line["text"]) if line.get("text") and line.get("language", "en") == "en" else None
            labels = labels_of(self.source, line, place)
            times = [(w["w"], w["start"], w["end"]) for w in line.get("words", ())] if words else []
            exact = [spoken_form(word) for word, _, _ in times] == (words or "").split()
            speaker, split = line.get("speaker", ""), split_of(self.source, line)
            timed = times if times and exact else None
            yield Clip(line["audio"], self.source, audio, words, labels, speaker, split, timed)

    def check(self) -> tuple[int, float]:
        """Reads all without decoding it. Returns the clips and their seconds; raises InputError for what is wrong."""
        count, seconds = 0, 0.0
        for place, line, data in self.lines():
            labels_of(self.source, line, place)
            seconds += audio_seconds(data, f"{place}, {line['audio']}")
            count += 1
        return count, seconds


def _object(text: str, place: str) -> dict:
    """A manifest's line; what it must have is `audio`."""
    try:
        line = json.loads(text)
    except json.JSONDecodeError:
        line = None
    if not isinstance(line, dict) or not isinstance(line.get("audio"), str):
        raise InputError(
            f"{place}: expected a JSON object that names its audio, got {text[:60]!r}; correct or remove it"
        )
    return line
