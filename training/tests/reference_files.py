"""Writes small files in the reference's formats."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import soundfile


def tone(seconds: float = 1.0, rate: int = 16_000, kind: str = "WAV") -> bytes:
    """An encoded file of a 440 Hz tone."""
    file = io.BytesIO()
    time = np.arange(int(seconds * rate)) / rate
    soundfile.write(file, 0.3 * np.sin(2 * np.pi * 440 * time), rate, format=kind)
    return file.getvalue()


def write_tar(path: Path, members: list[tuple[str, bytes | str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for name, content in members:
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def members(key: str, text: str, task: str, extra: dict | None = None, audio: bytes | None = None) -> list:
    found = [(f"{key}.wav", audio or tone()), (f"{key}.txt", text), (f"{key}.task", task), (f"{key}.lang", "en")]
    return found + ([(f"{key}.extra", json.dumps(extra))] if extra else [])


def write_lines(path: Path, values: list[dict]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values), encoding="utf-8")
    return path
