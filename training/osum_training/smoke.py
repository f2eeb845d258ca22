"""The whole pipeline at toy size, on speech and texts that it makes up itself."""

import gzip
import io
import json
import random
import tarfile
import tempfile
from pathlib import Path

import soundfile

from .composition import compose
from .config import REPOSITORY
from .config_file import load_config
from .grammar import trained_labels
from .mel import SAMPLE_RATE
from .pipeline import run_all
from .voice import TonesVoice

SETTINGS = REPOSITORY / "training" / "smoke.toml"
RECORDINGS, SHARDS = "tones", "shards"  # sources that the settings name
CLIPS, CLIPS_TO_SCORE, SEED = 24, 8, 777
WORDS = (
    *("red", "blue", "green", "gold", "stone", "river", "cloud", "tree", "bird", "wind"),
    *("sees", "holds", "finds", "calls", "a", "the", "and", "under", "over"),
)


def sentence(rng: random.Random, least: int = 2, most: int = 5) -> str:
    return " ".join(rng.choices(WORDS, k=rng.randint(least, most)))


def write_smoke_data(folder: Path) -> None:
    """A data folder as `--data` names it: recordings with labels, a shard tar, texts, instructions; always the same."""
    rng = random.Random(SEED)
    for name in ("speech", "text", "instructions", SHARDS):
        (folder / name).mkdir(parents=True, exist_ok=True)
    _write_recordings(folder / "speech", rng)
    _write_shard(folder / SHARDS, rng)
    _write_texts(folder / "text", rng)
    prompts = [compose(rng) for _ in range(200)]
    lines = [{"text": p.text, "tags": list(p.tasks), "lang": p.language} for p in prompts]
    _write_lines(folder / "instructions" / "train.jsonl", lines)


def _write_recordings(folder: Path, rng: random.Random) -> None:
    lines, members = [], {}
    for n in range(CLIPS):
        text = sentence(rng)
        audio, spoken = _spoken(text, rng)
        labels = {"gender": spoken.gender.lower(), "age_label": ("CHILD", "ADULT")[n % 2]}
        emotion = {"emotion": ("anger", "happiness", "neutral")[n % 3]} if n % 4 == 0 else {}
        name = f"{RECORDINGS}/{n:02d}.flac"
        members[name] = audio
        lines.append({"audio": name, "text": text, "speaker": f"tones-{n % 4}", "language": "en", **labels, **emotion})
    _write_tar(folder / f"{RECORDINGS}.tar", members)
    _write_lines(folder / f"{RECORDINGS}.jsonl", lines)


def _write_shard(folder: Path, rng: random.Random) -> None:
    """Clips with a style or an event, in the reference's shard format."""
    members: dict[str, bytes] = {}
    for n in range(CLIPS // 2):
        task = ("style", "caption")[n % 2]
        label = rng.choice(trained_labels(task))
        text = sentence(rng)
        members[f"{n:02d}.flac"] = _spoken(text, rng)[0]
        members[f"{n:02d}.txt"] = f"{text}<{label}>".encode()
        members[f"{n:02d}.task"] = f"<TRANSCRIBE> <{task.upper()}>".encode()
    _write_tar(folder / "shard_0.tar", members)
    (folder / "shards_list.txt").write_text("shard_0.tar\n")


def _write_texts(folder: Path, rng: random.Random) -> None:
    with gzip.open(folder / "sentences-en.txt.gz", "wt") as file:
        file.writelines(sentence(rng) + "\n" for _ in range(2400))  # the last 2,000 are for validation
    with gzip.open(folder / "style-sentences-en.jsonl.gz", "wt") as file:
        records = [{"style": style, "text": sentence(rng)} for style in trained_labels("style") for _ in range(40)]
        file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    with gzip.open(folder / "novels-en.txt.gz", "wt") as file:
        file.writelines(sentence(rng, 6, 12) + "\n" for _ in range(400))


def _spoken(text: str, rng: random.Random):
    spoken, file = TonesVoice().speak(text, rng), io.BytesIO()
    soundfile.write(file, spoken.audio, SAMPLE_RATE, format="FLAC")
    return file.getvalue(), spoken


def _write_tar(path: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(path, "w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def _write_lines(path: Path, values: list[dict]) -> None:
    path.write_text("".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values))


def run_smoke(out: Path, work: Path | None = None) -> None:
    """Trains all stages and writes the package to `out`; everything else goes to `work`."""
    if work is None:
        with tempfile.TemporaryDirectory(prefix="osum-smoke-") as folder:
            run_smoke(out, Path(folder))
        return
    write_smoke_data(work / "data")
    run_all(load_config(SETTINGS), work / "data", work, "cpu", out, CLIPS_TO_SCORE)
