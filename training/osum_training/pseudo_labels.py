"""Transcripts for recordings that have none, by Whisper base itself (its decoder, on clips
padded as it was trained)."""

import json
import os
from pathlib import Path

from .speech_data import Clip
from .text import spoken_form
from .whisper_weights import PACKAGES, model_bytes, package_data


def whisper_folder(work: Path) -> Path:
    """The published model as faster-whisper wants it: one folder with the joined weights and the vocabulary."""
    folder = work / "whisper-base"
    if not (folder / "model.bin").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("config.json", "tokenizer.json", "vocabulary.json"):
            (folder / name).write_bytes((package_data(PACKAGES[1]) / name).read_bytes())
        (folder / "model.bin.part").write_bytes(model_bytes())
        os.replace(folder / "model.bin.part", folder / "model.bin")
    return folder


def pseudo_transcripts(work: Path, clips: list[Clip]) -> dict[str, str]:
    """Clip key -> spoken form. Clips that the recogniser itself doubts (mean log probability below
    -0.7) are left out."""
    path = work / "pseudo-transcripts.json"
    if path.exists():
        return json.loads(path.read_text())
    from faster_whisper import WhisperModel

    model = WhisperModel(str(whisper_folder(work)), device="cpu", compute_type="int8", cpu_threads=1)
    transcripts = {}
    for clip in clips:
        segments = list(model.transcribe(clip.audio, language="en", beam_size=1, condition_on_previous_text=False)[0])
        text = spoken_form(" ".join(segment.text for segment in segments))
        if (
            text
            and min(segment.avg_logprob for segment in segments) > -0.7
            and not any(c.isdigit() for s in segments for c in s.text)
        ):
            transcripts[clip.key] = text
    path.with_suffix(".part").write_text(json.dumps(transcripts, indent=0))
    os.replace(path.with_suffix(".part"), path)
    return transcripts
