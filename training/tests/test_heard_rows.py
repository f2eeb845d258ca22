"""Rows that are kept for the decoder to read."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import SmokeRun
from osum_training.cache import ROWS_PER_SECOND, FeatureCache
from osum_training.checkpoint import load_weights
from osum_training.config import PhaseConfig
from osum_training.heard_rows import heard_rows
from osum_training.parts import Parts
from osum_training.pipeline import train_stage3


@pytest.fixture
def parts(smoke_run: SmokeRun, tmp_path: Path) -> Parts:
    copied = smoke_run.copied_parts(tmp_path)
    load_weights(copied.model, copied.runs / "stage3-read.pt", copied.fingerprint)
    return copied


def folders(parts: Parts) -> list[Path]:
    return sorted(parts.work.glob("rows-*"))


def test_each_training_clip_has_its_rows_and_no_other_has(parts: Parts):
    cache, rows = parts.open_cache(), heard_rows(parts)
    trained = [clip for clip in cache.clips if clip.split == "train"]
    assert len(trained) < len(cache.clips)
    assert {clip.key: (clip.text, clip.labels, clip.speech_rows) for clip in rows.clips} == {
        clip.key: (clip.text, clip.labels, clip.speech_rows) for clip in trained
    }
    for clip in rows.clips:
        assert clip.rate == ROWS_PER_SECOND
        assert rows.rows(clip).shape == (clip.speech_rows, parts.config.decoder.width)
    lasts = {clip.key: clip.seconds for clip in trained}
    assert all(abs(clip.seconds - lasts[clip.key]) < 1 / ROWS_PER_SECOND for clip in rows.clips)


def test_rows_are_what_the_adapter_gives_when_nothing_is_masked_or_dropped(smoke_run: SmokeRun, tmp_path: Path):
    parts = smoke_run.copied_parts(tmp_path, read=PhaseConfig(hours=0.05, peak_lr=1e-3, masks=False, dropout=0.0))
    shutil.rmtree(folders(parts)[0])
    cache, rows = parts.open_cache(), heard_rows(parts)
    of_key = {clip.key: clip for clip in cache.clips}
    parts.model.eval()
    for clip in rows.clips[:5]:
        states = torch.from_numpy(cache.rows(of_key[clip.key]).astype(np.float32))[None]
        with torch.inference_mode():
            expected, _ = parts.model.hear(states, torch.tensor([states.shape[1]]))
        assert np.abs(rows.rows(clip) - expected[0].numpy()).max() < 0.05 * expected.abs().max()


def test_rows_are_made_once_and_those_of_other_weights_go(parts: Parts):
    heard_rows(parts)
    (folder,) = folders(parts)
    made = {path: path.stat().st_mtime_ns for path in folder.glob("*.npy")}
    assert made
    heard_rows(parts)
    assert {path: path.stat().st_mtime_ns for path in folder.glob("*.npy")} == made
    with torch.no_grad():
        parts.model.adapter.speech_llama_proj.bias.add_(1.0)
    moved = heard_rows(parts)
    assert isinstance(moved, FeatureCache)
    assert folders(parts) != [folder] and len(folders(parts)) == 1


def test_the_marks_around_speech_do_not_make_other_rows(parts: Parts):
    heard_rows(parts)
    before = folders(parts)
    with torch.no_grad():
        parts.model.adapter.speech_token_emded.weight.add_(1.0)
    heard_rows(parts)
    assert folders(parts) == before


def test_no_rows_are_heard_for_a_stage_that_has_read_enough(smoke_run: SmokeRun, tmp_path: Path):
    parts = smoke_run.copied_parts(tmp_path, evaluate_prompts=2)
    (parts.runs / "stage3.pt").unlink()
    shutil.rmtree(folders(parts)[0])
    train_stage3(parts)
    assert (parts.runs / "stage3.pt").exists() and not folders(parts)
