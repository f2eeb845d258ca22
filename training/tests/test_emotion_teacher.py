"""Emotions that a linear reading of frozen states hears in speech of unknown emotion."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from osum_training import emotion_teacher
from osum_training.cache import FRAMES_PER_SECOND, ROWS_PER_SECOND, Cached, FeatureCache, cached_line
from osum_training.emotion_teacher import CERTAINTY, EMOTIONS, EmotionTeacher, is_known, is_taught
from osum_training.losses import told_loss

WIDTH, FRAMES = 12, 100
HEARD = ("ANGER", "NEUTRAL", "SAD")
PLAIN = Cached("a", "synthetic", "train", "", "some words", {"gender": "MALE"}, None, "", 0, FRAMES, "shard")


def states(emotion: str, rng: np.random.Generator) -> np.ndarray:
    """ANGER moves a channel up and SAD another; the rest is noise that tells nothing."""
    values = rng.standard_normal((FRAMES, WIDTH)) + rng.standard_normal(WIDTH)
    values[:, 0] = rng.standard_normal(FRAMES) + (2.0 if emotion == "ANGER" else 0.0)
    values[:, 1] = rng.standard_normal(FRAMES) + (2.0 if emotion == "SAD" else 0.0)
    return values.astype(np.float16)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FeatureCache:
    """60 clips of known emotions and 60 of unknown ones."""
    monkeypatch.setattr(emotion_teacher, "LEAST", 30)
    rng, lines, rows = np.random.default_rng(1), [], []
    for n in range(120):
        clip, emotion = replace(PLAIN, key=str(n)), HEARD[n % 3]
        if n < 60:
            clip = replace(clip, source="emodb", text=None, labels={"emotion": emotion})
        rows.append(states(emotion, rng))
        lines.append(cached_line(clip, n * FRAMES, FRAMES, "shard"))
    (tmp_path / "shard.jsonl").write_text("".join(lines))
    np.save(tmp_path / "shard.npy", np.concatenate(rows))
    return FeatureCache(tmp_path)


def fitted(cache: FeatureCache) -> EmotionTeacher:
    teacher = EmotionTeacher.fitted(cache, random.Random(1))
    assert teacher is not None
    return teacher


def test_unseen_clips_are_heard_right_and_emotions_without_clips_never(cache: FeatureCache):
    teacher, rng = fitted(cache), np.random.default_rng(2)
    for emotion in HEARD:
        heard = [teacher.heard(states(emotion, rng)) for _ in range(40)]
        assert sum(EMOTIONS[int(one.argmax())] == emotion for one in heard) >= 36
        for one in heard:
            assert one.sum() == pytest.approx(1.0)
            assert all(one[n] == 0.0 for n, name in enumerate(EMOTIONS) if name not in HEARD)


def test_it_is_as_certain_on_average_as_it_should_be(cache: FeatureCache):
    teacher = fitted(cache)
    heard = [teacher.heard(cache.rows(clip)) for clip in cache.clips if is_taught(clip)]
    assert np.mean([one.max() for one in heard]) == pytest.approx(CERTAINTY, abs=0.03)


def test_a_moved_clip_is_between_two_known_ones_and_heard_as_what_it_is_then(cache: FeatureCache):
    teacher, rng = fitted(cache), random.Random(3)
    known = next(clip for clip in cache.clips if is_known(clip))
    before, heard = np.asarray(cache.rows(known), np.float32), set()
    for _ in range(60):
        states, probable = teacher.moved(cache.rows(known), rng)
        step = states - before
        np.testing.assert_allclose(step, np.broadcast_to(step.mean(0), step.shape), atol=1e-4)
        np.testing.assert_allclose(probable, teacher.heard(states), rtol=1e-4)
        if not step.any():  # towards itself
            continue
        ways = teacher.means - before.mean(0)
        along = (ways @ step[0]) / (np.linalg.norm(ways, axis=1) * np.linalg.norm(step[0]) + 1e-9)
        assert along.max() == pytest.approx(1.0, abs=1e-3)
        assert np.linalg.norm(step[0]) <= np.linalg.norm(ways[along.argmax()]) * 1.001
        heard.add(int(probable.argmax()))
    assert len(heard) > 1


@pytest.mark.parametrize(
    "changes",
    [
        {"labels": {"emotion": "HAPPY"}},
        {"text": None},
        {"split": "dev"},
        {"frames": 50},
        {"rate": ROWS_PER_SECOND, "frames": 25},
    ],
)
def test_only_speech_of_unknown_emotion_is_told_of(changes: dict):
    assert PLAIN.rate == FRAMES_PER_SECOND
    assert is_taught(PLAIN)
    assert not is_taught(replace(PLAIN, **changes))


def test_nothing_is_taught_from_too_few_clips(cache: FeatureCache, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(emotion_teacher, "LEAST", 61)
    assert EmotionTeacher.fitted(cache, random.Random(1)) is None


def test_the_loss_of_what_is_told_is_the_mean_over_the_clips_that_something_was_told_of():
    logits = torch.zeros(3, len(EMOTIONS))
    logits[1, 3] = 5.0
    right, wrong = np.eye(len(EMOTIONS))[3], np.eye(len(EMOTIONS))[2]
    assert 0 < float(told_loss(logits, [None, right, None])) < 0.1
    assert float(told_loss(logits, [None, wrong, None])) > 5.0
    torch.testing.assert_close(told_loss(logits, [None, right, right]), told_loss(logits[1:], [right, right]))
    assert float(told_loss(logits, [None, None, None])) == 0.0
