import random

import torch
from osum_training.spec_augment import spec_augment, spec_substitute


def ramp(frames: int = 400, bins: int = 80) -> torch.Tensor:
    """Features whose value says where they were: frame + 1 + bin / 100."""
    return torch.arange(1.0, frames + 1)[:, None] + torch.arange(bins) / 100


def test_masks_are_whole_spans_of_frames_and_bins_of_the_published_sizes():
    widest = [0, 0]
    for seed in range(200):
        mel = ramp()
        zero = spec_augment(mel, random.Random(seed)) == 0
        frames, bins = zero.all(dim=1), zero.all(dim=0)
        assert torch.equal(zero, frames[:, None] | bins)
        assert 1 <= int(frames.sum()) <= 100 and 1 <= int(bins.sum()) <= 20
        assert torch.equal(mel, ramp())
        widest = [max(widest[0], int(frames.sum())), max(widest[1], int(bins.sum()))]
    assert widest[0] > 80 and widest[1] > 15


def test_substituted_spans_are_earlier_frames_in_a_row():
    changed_frames = 0
    for seed in range(200):
        mel = spec_substitute(ramp(), random.Random(seed))
        assert torch.allclose(mel - mel[:, :1], ramp() - ramp()[:, :1], atol=1e-4)
        shift = ramp()[:, 0] - mel[:, 0]
        assert bool((shift >= 0).all()) and int((shift > 0).sum()) <= 90
        changed_frames += int((shift > 0).sum())
    assert changed_frames / 200 > 20


def test_the_same_draws_give_the_same_features():
    for change in (spec_augment, spec_substitute):
        assert torch.equal(change(ramp(), random.Random(5)), change(ramp(), random.Random(5)))
        assert not torch.equal(change(ramp(), random.Random(5)), change(ramp(), random.Random(6)))


def test_short_clips_are_augmented_too():
    assert spec_augment(ramp(3), random.Random(1)).shape == (3, 80)
    assert torch.equal(spec_substitute(ramp(1), random.Random(1)), ramp(1))
