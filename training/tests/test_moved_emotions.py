"""Clips in a batch that a teacher of emotions tells of: some are moved, and have the emotion that it hears then."""

import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import SmokeRun
from osum_training.cache import Cached
from osum_training.emotion_teacher import EMOTIONS, SOURCE, EmotionTeacher
from osum_training.masking import masked
from osum_training.speech_batches import CERTAIN, MOVED_SHARE, TOLD_SHARE, SpeechBatches, collate

LABELS = {"gender": "FEMALE", "age": "ADULT", "style": "新闻科普"}


@pytest.fixture(scope="module")
def batches(smoke_run: SmokeRun, tmp_path_factory: pytest.TempPathFactory) -> SpeechBatches:
    parts = smoke_run.copied_parts(tmp_path_factory.mktemp("moved"))
    noise = np.random.default_rng(5)
    weights = 0.3 * noise.standard_normal((64, len(EMOTIONS)))
    teacher = EmotionTeacher(weights, np.zeros(len(EMOTIONS)), noise.standard_normal((20, 64)))
    return SpeechBatches(parts.open_cache(), parts.tokenizer, parts.instructions, 10.0, teacher=teacher)


def speech(batches: SpeechBatches, count: int, **changes) -> list[Cached]:
    """Training clips that are long enough to be told of, with changes."""
    long = [clip for clip in batches.cache.clips if clip.split == "train" and clip.text and clip.seconds >= 1.5]
    return [replace(random.Random(n).choice(long), labels=LABELS, **changes) for n in range(count)]


def batch_and_moved(batches: SpeechBatches, clips: list[Cached]):
    batch = batches.batch(clips, random.Random(3))
    before, _ = collate(batches.cache, clips)
    return batch, [n for n in range(len(clips)) if not np.array_equal(batch.features[n], before[n])]


def test_clips_of_known_emotion_are_mostly_moved_and_have_another_then(batches: SpeechBatches):
    clips = speech(batches, 80, source=SOURCE, text=None)
    clips = [replace(clip, labels={"gender": "MALE", "emotion": "SAD"}) for clip in clips]
    batch, moved = batch_and_moved(batches, clips)
    assert abs(len(moved) / len(clips) - MOVED_SHARE) < 0.15
    assert all(batch.whole())
    for n, clip in enumerate(batch.clips):
        assert batches.teacher is not None
        heard = batches.teacher.heard(batch.features[n, : clip.frames].float().numpy())
        np.testing.assert_allclose(batch.told[n], heard, atol=0.02)
        assert not batch.features[n, clip.frames :].any()
        now = {"emotion": EMOTIONS[int(np.argmax(batch.told[n]))]} if n in moved else clips[n].labels
        assert clip == replace(clips[n], labels=now)
    assert len({clip.labels["emotion"] for clip in batch.clips}) > 2


def test_other_speech_is_seldom_told_of_and_moved_and_keeps_what_is_not_of_its_voice(batches: SpeechBatches):
    batch, moved = batch_and_moved(batches, clips := speech(batches, 300))
    told = [n for n, probable in enumerate(batch.told) if probable is not None]
    assert abs(len(told) / len(clips) - TOLD_SHARE) < 0.08
    assert abs(len(moved) / len(told) - MOVED_SHARE) < 0.2
    assert [n for n, whole in enumerate(batch.whole()) if whole] == told
    labelled = 0
    for n, clip in enumerate(batch.clips):
        if n not in moved:
            assert clip == clips[n]
            continue
        assert n in told
        assert clip.text == clips[n].text
        certain = float(np.max(batch.told[n])) >= CERTAIN
        emotion = {"emotion": EMOTIONS[int(np.argmax(batch.told[n]))]} if certain else {}
        assert clip.labels == {"style": LABELS["style"]} | emotion
        labelled += certain
    assert 0 < labelled < len(moved)


def test_without_a_teacher_nothing_is_told_or_moved(batches: SpeechBatches):
    alone = SpeechBatches(batches.cache, batches.tokenizer, batches.instructions, 10.0)
    batch, moved = batch_and_moved(alone, clips := speech(batches, 20, source=SOURCE))
    assert not moved
    assert batch.clips == clips
    assert batch.told == [None] * len(clips)
    assert not any(batch.whole())


def test_what_a_teacher_tells_of_is_not_masked():
    features, lengths = torch.ones(3, 400, 64), torch.tensor([400, 400, 300])
    shown = masked(features, lengths, [False, True, False])
    assert torch.equal(shown[1], features[1])
    assert all(0 < float(shown[n].mean()) < 1 for n in (0, 2))
    assert torch.equal(features, torch.ones(3, 400, 64))
    assert float(masked(features, lengths)[1].mean()) < 1
