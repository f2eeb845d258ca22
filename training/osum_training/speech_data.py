"""Real recordings: manifests beside tar files of Opus clips, their labels in the model's words, and the split into
training and validation.
"""

import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

import numpy as np
import soundfile

from .mel import SAMPLE_RATE
from .text import spoken_form

SOURCES = (
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
SPLIT_BY_SPEAKER = {"speechocean762", "librispeech-clean100", "emogator", "donateacry"}


Words = list[tuple[str, float, float]]  # each word with its start and end in seconds


@dataclass
class Clip:
    """One utterance: audio [samples] float32 at 16 kHz, and what is known about it. labels: task -> label without
    brackets; words: each word of `text` with its start and end in seconds; reply_to: the chat intent that it speaks.
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


def labels_of(source: str, line: dict) -> dict[str, str]:
    """The labels that a manifest line carries. A label that the data does not state is absent and
    is never asked for."""
    labels = {}
    if line.get("gender") in ("male", "female"):
        labels["gender"] = line["gender"].upper()
    if line.get("age_label"):
        labels["age"] = line["age_label"]
    if line.get("emotion") in EMOTIONS:
        labels["emotion"] = EMOTIONS[line["emotion"]]
    if line.get("event") in EVENTS:
        labels["caption"] = EVENTS[line["event"]]
    if source == "asterisk-en":
        labels["style"] = "客服"
    if source.startswith("librispeech"):
        labels["style"] = "有声书"
    return labels


def read_clips(folder: Path, source: str) -> Iterator[Clip]:
    """All clips of one source in the order of its manifest."""
    manifest, tar_path = folder / f"{source}.jsonl", folder / f"{source}.tar"
    for path in (manifest, tar_path):
        if not path.exists():
            raise FileNotFoundError(
                f"{path} is missing; --data must name the folder that holds speech/, text/ and instructions/"
            )
    with tarfile.open(tar_path) as tar:
        members = {member.name.removeprefix("./"): member for member in tar if member.isfile()}
        for text in manifest.read_text().splitlines():
            line = json.loads(text)
            if line["audio"] not in members:
                raise ValueError(f"{manifest} names {line['audio']}, which {tar_path.name} does not hold")
            audio, rate = soundfile.read(io.BytesIO(tar.extractfile(members[line["audio"]]).read()), dtype="float32")
            if rate != SAMPLE_RATE:
                raise ValueError(f"{line['audio']} is at {rate} Hz, expected {SAMPLE_RATE}")
            words = spoken_form(line["text"]) if line.get("text") and line.get("language", "en") == "en" else None
            labels = labels_of(source, line)
            times = [(w["w"], w["start"], w["end"]) for w in line.get("words", ())] if words else []
            exact = [spoken_form(word) for word, _, _ in times] == (words or "").split()
            speaker, split = line.get("speaker", ""), split_of(source, line)
            yield Clip(line["audio"], source, audio, words, labels, speaker, split, times if times and exact else None)
