"""Clips of known emotion in a batch: some are moved, and are then known by what the teacher hears alone."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import SmokeRun
from osum_training.emotion_teacher import EMOTIONS, SOURCE, EmotionTeacher
from osum_training.speech_batches import MOVED_SHARE, SpeechBatches, collate

LABELS = {"gender": "FEMALE", "age": "ADULT", "emotion": "SAD"}


@pytest.fixture
def teacher() -> EmotionTeacher:
    noise = np.random.default_rng(5)
    weights = noise.standard_normal((64, len(EMOTIONS)))
    return EmotionTeacher(weights, np.zeros(len(EMOTIONS)), noise.standard_normal((20, 64)))


def test_a_moved_clip_has_the_states_and_the_emotion_that_the_teacher_gave_it(
    smoke_run: SmokeRun, tmp_path: Path, teacher: EmotionTeacher
):
    parts = smoke_run.copied_parts(tmp_path)
    cache = parts.open_cache()
    batches = SpeechBatches(cache, parts.tokenizer, parts.instructions, 10.0, teacher=teacher)
    trained = [clip for clip in cache.clips if clip.split == "train"][:40]
    clips = [replace(clip, source=SOURCE, text=None, labels=LABELS) for clip in trained]
    batch = batches.batch(clips, random.Random(3))
    before, _ = collate(cache, clips)
    moved = [n for n in range(len(clips)) if not np.array_equal(batch.features[n], before[n])]
    assert abs(len(moved) / len(clips) - MOVED_SHARE) < 0.2
    for n, clip in enumerate(batch.clips):
        if n not in moved:
            assert clip.labels == LABELS and batch.told[n] is None
            continue
        heard = teacher.heard(batch.features[n, : clip.frames].float().numpy())
        np.testing.assert_allclose(batch.told[n], heard, atol=0.05)
        assert clip.labels == {"emotion": EMOTIONS[int(np.argmax(batch.told[n]))]}
        assert not batch.features[n, clip.frames :].any()
    assert len({clip.labels["emotion"] for clip in batch.clips}) > 2


def test_without_a_teacher_nothing_is_moved(smoke_run: SmokeRun, tmp_path: Path):
    parts = smoke_run.copied_parts(tmp_path)
    cache = parts.open_cache()
    batches = SpeechBatches(cache, parts.tokenizer, parts.instructions, 10.0)
    clips = [replace(clip, source=SOURCE, text=None, labels=LABELS) for clip in cache.clips[:8]]
    batch = batches.batch(clips, random.Random(3))
    assert batch.clips == clips
    assert np.array_equal(batch.features, collate(cache, clips)[0])
