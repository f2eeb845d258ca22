"""Training that begins from a package: its weights, its tokenizer, its history, and what is refused."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from conftest import SmokeRun
from osum_training.config import StartConfig
from osum_training.config_file import load_config
from osum_training.errors import InputError
from osum_training.losses import ctc_loss
from osum_training.parts import Parts, build
from osum_training.quantize import served_weights_
from osum_training.release import load_release, provenance
from osum_training.smoke import SETTINGS
from osum_training.speech_batches import collate, ctc_target
from osum_training.starting_heads import start_heads


def starting_from(package: Path, **changes):
    return replace(load_config(SETTINGS), start=StartConfig(package=str(package)), **changes)


def test_training_begins_with_the_weights_and_the_tokenizer_of_the_package(smoke_run: SmokeRun, tmp_path: Path):
    trained = smoke_run.copied_parts(tmp_path)
    load_release(trained)
    work = tmp_path / "new"
    started = build(starting_from(smoke_run.package), smoke_run.work / "data", work)
    assert (work / "tokenizer.model").read_bytes() == (smoke_run.package / "tokenizer.model").read_bytes()
    served = served_weights_(trained.model).state_dict()
    found = started.model.state_dict()
    for name, tensor in served.items():
        if not name.startswith(("blank", "labels.", "letters.", "chat_intents.")):
            torch.testing.assert_close(found[name].to(torch.bfloat16), tensor, rtol=0, atol=0)


def test_networks_that_are_left_out_begin_as_without_a_package(smoke_run: SmokeRun, tmp_path: Path):
    data, config = smoke_run.work / "data", starting_from(smoke_run.package)
    config = replace(config, start=replace(config.start, networks=("decoder",)))
    found = build(config, data, tmp_path / "decoder").model.state_dict()
    whole = build(starting_from(smoke_run.package), data, tmp_path / "whole").model.state_dict()
    fresh = build(load_config(SETTINGS), data, tmp_path / "decoder").model.state_dict()
    for name, tensor in found.items():
        torch.testing.assert_close(tensor, (whole if name.startswith("decoder.") else fresh)[name], rtol=0, atol=0)
    assert not torch.equal(found["adapter.speech_llama_proj.weight"], whole["adapter.speech_llama_proj.weight"])


def test_heads_are_fitted_to_the_adapter_of_the_package(smoke_run: SmokeRun, tmp_path: Path):
    parts = smoke_run.copied_parts(tmp_path, start=StartConfig(package=str(smoke_run.package)))
    before = {name: value.clone() for name, value in parts.model.state_dict().items()}
    start_heads(parts)
    after = parts.model.state_dict()
    assert {name for name, value in after.items() if not torch.equal(value, before[name])} == {
        "blank",
        "letters.weight",
        "letters.bias",
        "labels.weight",
        "labels.bias",
    }
    assert _ctc(parts, after) < 0.95 * _ctc(parts, before)
    again = smoke_run.copied_parts(tmp_path / "again", start=StartConfig(str(smoke_run.package), ("decoder",)))
    start_heads(again)
    assert not (again.runs / "heads.pt").exists()


@torch.no_grad()
def _ctc(parts: Parts, state: dict[str, torch.Tensor]) -> float:
    """The loss of CTC on all training clips that have words."""
    parts.model.load_state_dict(state)
    cache = parts.open_cache()
    clips = [clip for clip in cache.clips if clip.split == "train" and clip.text]
    features = [collate(cache, [clip]) for clip in clips]
    rows = [parts.model.hear(shown.float(), lengths) for shown, lengths in features]
    losses = [
        ctc_loss(parts.model.ctc_logits(own), lengths, [ctc_target(clip, parts.tokenizer)])
        for clip, (own, lengths) in zip(clips, rows, strict=True)
    ]
    return float(torch.stack(losses).mean())


def test_a_network_that_does_not_exist_is_refused(tmp_path: Path):
    settings = tmp_path / "settings.toml"
    settings.write_text('[start]\nnetworks = ["vocoder"]\n')
    with pytest.raises(InputError, match=r"start\.networks: expected some of encoder, adapter, decoder, got vocoder"):
        load_config(settings)


def test_the_history_of_the_package_is_kept_when_its_folder_is_written_over(smoke_run: SmokeRun, tmp_path: Path):
    package, work = tmp_path / "package", tmp_path / "work"
    shutil.copytree(smoke_run.package, package)
    config = starting_from(package)
    build(config, smoke_run.work / "data", work)
    manifest = json.loads((package / "model.json").read_text())
    (package / "model.json").write_text(json.dumps(manifest | {"version": "9.9.9"}))
    earlier = provenance(build(config, smoke_run.work / "data", work))["earlier"]
    assert earlier == {key: manifest[key] for key in ("name", "version", "provenance")}


def test_a_package_of_other_dimensions_is_refused_by_what_differs(smoke_run: SmokeRun, tmp_path: Path):
    base = load_config(SETTINGS)
    data = smoke_run.work / "data"
    with pytest.raises(InputError, match=r"start\.package: .* differ in adapter\..*; use the same layers"):
        deeper = replace(base.adapter, layers=2)
        build(starting_from(smoke_run.package, adapter=deeper), data, tmp_path / "deeper")
    with pytest.raises(InputError, match=r"is \[64, 128\], not \[64, 96\]; use the dimensions of its model\.json"):
        narrower = replace(base.decoder, ffn=96)
        build(starting_from(smoke_run.package, decoder=narrower), data, tmp_path / "narrower")


def test_a_folder_without_a_package_is_refused(tmp_path: Path, smoke_run: SmokeRun):
    with pytest.raises(InputError, match=r"start\.package: .*tokenizer\.model is missing"):
        build(starting_from(tmp_path), smoke_run.work / "data", tmp_path / "work")
    shutil.copyfile(smoke_run.package / "tokenizer.model", tmp_path / "tokenizer.model")
    with pytest.raises(InputError, match=r"is no model package .*; name a folder with model\.json"):
        build(starting_from(tmp_path), smoke_run.work / "data", tmp_path / "work")
