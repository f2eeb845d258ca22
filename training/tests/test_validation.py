"""Held-out clips as recordings with manifests for `osum eval`."""

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
from conftest import SmokeRun
from osum_training import score
from osum_training.combination_manifest import CLIPS, combination_lines
from osum_training.speech_data import Clip
from osum_training.validation import facts, is_learnt, manifest_name, write_validation

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


def test_no_childs_gender_is_asked_for_in_combinations():
    child, adult = (replace(CLIP, labels={"gender": "MALE", "age": age}) for age in ("CHILD", "ADULT"))
    assert [is_learnt(child, task) for task in ("gender", "age", "asr")] == [False, True, True]
    assert is_learnt(adult, "gender") and is_learnt(CLIP, "gender")


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


def test_combinations_are_asked_of_clips_that_know_their_parts_and_the_parts_alone():
    speech = {"asr": {"text": "hello"}, "gender": {"gender": "MALE"}, "age": {"age": "ADULT"}}
    sound = {"caption": {"caption": "SNEEZE"}}
    clips = {f"speech-{n}": speech for n in range(30)} | {f"sound-{n}": sound for n in range(30)}
    lines = combination_lines(clips, random.Random(3))
    both = [line for line in lines if line["set"] == "<asr><caption>"]
    assert [line["tags"] for line in both] == ["<asr><caption>"] * 2 * CLIPS
    assert sum("text" in line for line in both) == sum("caption" in line for line in both) == CLIPS
    alone = [line for line in lines if line["set"] == "single tasks for <asr><age><gender>"]
    asked = [line for line in lines if line["set"] == "<asr><age><gender>"]
    assert {line["tags"] for line in alone} == {"<asr>", "<age>", "<gender>"}
    assert len(alone) == 3 * len(asked) and all({"text", "gender", "age"} <= line.keys() for line in asked)
    assert len({line["audio"] for line in asked}) == len(asked) == 30
    assert not [line for line in lines if "<chat>" in line["tags"] and "text" not in line]
