"""Emotions that a linear reading of frozen states tells of speech without known ones."""

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from osum_training import emotion_teacher
from osum_training.cache import FRAMES_PER_SECOND, ROWS_PER_SECOND, Cached, FeatureCache, cached_line
from osum_training.emotion_teacher import EmotionTeacher

WIDTH, FRAMES = 12, 100
EMOTIONS = ("ANGER", "NEUTRAL", "SAD")
PLAIN = Cached("a", "synthetic", "train", "", "some words", {}, None, "", 0, FRAMES, "shard")


def states(emotion: str, rng: np.random.Generator) -> np.ndarray:
    """ANGER moves a channel up, SAD makes another vary; the rest is noise that tells nothing."""
    values = rng.standard_normal((FRAMES, WIDTH)).astype(np.float32) + rng.standard_normal(WIDTH)
    values[:, 0] = rng.standard_normal(FRAMES) + (6.0 if emotion == "ANGER" else 0.0)
    values[:, 1] = rng.standard_normal(FRAMES) * (5.0 if emotion == "SAD" else 1.0)
    return values.astype(np.float16)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FeatureCache:
    """60 clips of known emotions, and 300 others of which nine in ten sound neutral."""
    monkeypatch.setattr(emotion_teacher, "LEAST", 30)
    rng, lines, rows = np.random.default_rng(1), [], []
    heard = [EMOTIONS[n % 3] for n in range(60)] + [
        EMOTIONS[n % 30 % 3] if n % 10 == 0 else "NEUTRAL" for n in range(300)
    ]
    for n, emotion in enumerate(heard):
        known = n < 60
        clip = replace(
            PLAIN,
            key=str(n),
            source="emodb" if known else "synthetic",
            speaker=emotion,
            text=None if known else PLAIN.text,
            labels={"emotion": emotion} if known else {"gender": "MALE"},
        )
        rows.append(states(emotion, rng))
        lines.append(cached_line(clip, n * FRAMES, FRAMES, "shard"))
    (tmp_path / "shard.jsonl").write_text("".join(lines))
    np.save(tmp_path / "shard.npy", np.concatenate(rows))
    return FeatureCache(tmp_path)


def test_unseen_clips_are_heard_right(cache: FeatureCache):
    teacher = EmotionTeacher.fitted(cache, random.Random(1))
    assert teacher is not None and teacher.labels == list(EMOTIONS)
    rng = np.random.default_rng(2)
    for emotion in EMOTIONS:
        right = [teacher.labels[teacher.heard(states(emotion, rng))] == emotion for _ in range(40)]
        assert sum(right) >= 36


def test_rare_emotions_are_told_as_often_as_common_ones(cache: FeatureCache):
    teacher = EmotionTeacher.fitted(cache, random.Random(1))
    assert teacher is not None
    rng, told = random.Random(3), Counter[str]()
    others = [clip for clip in cache.clips if clip.source == "synthetic"]
    for clip in others * 20:
        labels = teacher.told(clip, cache.rows(clip), rng)
        assert labels["gender"] == "MALE"
        told[labels.get("emotion", "")] += 1
    assert told["NEUTRAL"] == pytest.approx(0.1 * 20 * len(others), rel=0.25)
    assert min(told[emotion] for emotion in EMOTIONS) > 100


@pytest.mark.parametrize(
    "changes",
    [
        {"labels": {"emotion": "HAPPY"}},
        {"text": None},
        {"split": "dev"},
        {"question": "Is she glad?"},
        {"frames": 50},
        {"rate": ROWS_PER_SECOND, "frames": 25},
    ],
)
def test_other_clips_keep_their_labels(cache: FeatureCache, changes: dict):
    teacher = EmotionTeacher.fitted(cache, random.Random(1))
    assert teacher is not None
    teacher.chances = np.ones(len(EMOTIONS))
    angry = states("ANGER", np.random.default_rng(4))
    assert PLAIN.rate == FRAMES_PER_SECOND and teacher.told(PLAIN, angry, random.Random(1)) == {"emotion": "ANGER"}
    clip = replace(PLAIN, **changes)
    assert teacher.told(clip, angry, random.Random(1)) == clip.labels


def test_nothing_is_taught_from_too_few_clips(cache: FeatureCache, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(emotion_teacher, "LEAST", 61)
    assert EmotionTeacher.fitted(cache, random.Random(1)) is None
