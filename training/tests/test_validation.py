"""Held-out clips as recordings with manifests for `osum eval`."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
from conftest import SmokeRun
from osum_training import score
from osum_training.speech_data import Clip
from osum_training.validation import facts, manifest_name, write_validation

CLIP = Clip(
    key="a",
    source="esc10",
    audio=np.zeros(160, np.float32),
    text="hello you",
    labels={"gender": "MALE", "caption": "OTHER"},
    words=[("hello", 0.1, 0.45), ("you", 0.5, 0.75)],
    reply_to="hello",
)


def test_a_line_knows_its_task_alone():
    assert facts(CLIP, "asr") == {"text": "hello you"}
    words = [{"w": "hello", "start": 0.1, "end": 0.45}, {"w": "you", "start": 0.5, "end": 0.75}]
    assert facts(CLIP, "align") == {"words": words}
    assert facts(CLIP, "chat") == {"chat": {"intent": "hello"}}
    assert facts(CLIP, "gender") == {"gender": "MALE"}
    assert facts(CLIP, "age") is None
    assert facts(CLIP, "caption") == {"caption": "OTHER"}
    assert facts(replace(CLIP, source="asterisk-en"), "caption") is None
    assert facts(replace(CLIP, text=None, words=None, reply_to=""), "asr") is None


def test_a_manifest_is_named_by_its_task_and_set():
    assert manifest_name(score.TestSet("ESC-10 fold 4, unseen", "caption", "*")) == "caption-esc-10-fold-4-unseen.jsonl"


def test_the_held_out_clips_are_written_with_what_is_known_of_them(smoke_run: SmokeRun, tmp_path: Path):
    written = write_validation(smoke_run.copied_parts(tmp_path / "work"), tmp_path / "out", 3)
    assert written["asr-synthetic-sentences.jsonl"] == 3
    lines = [json.loads(line) for line in (tmp_path / "out" / "asr-synthetic-sentences.jsonl").read_text().splitlines()]
    assert {line["set"] for line in lines} == {"synthetic sentences"}
    for line in lines:
        audio, rate = soundfile.read(tmp_path / "out" / line["audio"])
        assert rate == 16000 and len(audio) > 1600 and line["text"]
