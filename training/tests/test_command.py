"""The command line: what a wrong call or wrong input is told, and with which exit code."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from conftest import SmokeRun
from osum_training import __main__ as command
from osum_training.checkpoint import read_checkpoint, write_checkpoint
from osum_training.smoke import SETTINGS, write_smoke_data


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("data")
    write_smoke_data(folder)
    return folder


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, tmp_path: Path, data: Path):
    """Runs the command in a work folder of its own; returns its exit code and what it says on standard error."""

    def run(*arguments: str, work: Path = tmp_path / "work") -> tuple[int, str]:
        monkeypatch.setenv("OSUM_TRAINING_DIR", str(work))
        monkeypatch.setattr(sys, "argv", ["osum_training", *arguments])
        with pytest.raises(SystemExit) as ended:
            command.main()
        return int(ended.value.code or 0), capsys.readouterr().err

    return run


def told(outcome: tuple[int, str], sentence: str) -> None:
    """One line on standard error that holds `sentence`, no traceback, exit code 2."""
    code, error = outcome
    assert code == 2
    assert error.startswith("osum_training: ") and error.count("\n") == 1, error
    assert sentence in error


def with_smoke(data: Path) -> tuple[str, ...]:
    return ("--data", str(data), "--config", str(SETTINGS))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hourz = 3", "run.toml: there is no setting hourz"),
        ("[stage4]\nhours = 3", "run.toml: there is no section stage4; did you mean stage"),
        ("[stage1]\nhours = 'three'", "run.toml [stage1]: hours: expected a number, got 'three'"),
    ],
)
@pytest.mark.parametrize("step", ["prepare", "stage1", "all"])
def test_a_wrong_configuration(call, tmp_path: Path, data: Path, step: str, text: str, sentence: str):
    (tmp_path / "run.toml").write_text(text)
    told(call(step, "--data", str(data), "--config", str(tmp_path / "run.toml")), sentence)


@pytest.mark.parametrize("step", ["prepare", "all"])
def test_a_missing_tar(call, tmp_path: Path, data: Path, step: str):
    (tmp_path / "none").mkdir()
    outcome = call(step, "--data", str(tmp_path / "none"), "--config", str(SETTINGS))
    told(outcome, "shards_list.txt is missing; put it there, or take it out of the list or configuration that names it")


def test_missing_texts(call, tmp_path: Path):
    told(call("stage2", "--data", str(tmp_path)), "train.jsonl is missing; --data must name the folder that holds")


def test_training_without_shards(call, data: Path):
    told(call("stage1", *with_smoke(data)), "hidden-1 has no clip that can be trained on; run prepare first")


def test_steps_out_of_order(call, data: Path, smoke_run: SmokeRun, tmp_path: Path):
    told(call("stage1-encoder", *with_smoke(data)), "stage1.pt is missing; run stage1 first, or `all`")
    told(call("stage3", *with_smoke(data)), "stage2.pt is missing; run stage2 first, or `all`")
    told(call("export", *with_smoke(data), "--out", str(tmp_path / "out")), "has no checkpoint of stage 3; run stage3")
    told(call("plot"), "has no log of a stage yet; train one first")


def test_an_encoder_of_which_nothing_is_to_be_trained(call, data: Path, tmp_path: Path):
    settings = tmp_path / "frozen.toml"
    settings.write_text(SETTINGS.read_text().replace("frozen = 1", "frozen = 2"))
    outcome = call("stage1-encoder", "--data", str(data), "--config", str(settings))
    told(outcome, "encoder.frozen = 2 leaves no layer to train; set it below 2, or go on with stage2")


def test_a_checkpoint_of_another_configuration(call, smoke_run: SmokeRun, tmp_path: Path):
    parts = smoke_run.copied_parts(tmp_path)
    path = parts.runs / "stage1.pt"
    saved = read_checkpoint(path)
    write_checkpoint(path, saved | {"configuration": saved["configuration"] | {"decoder.ffn": 256}})
    outcome = call("stage1", *with_smoke(parts.data), work=parts.work)
    told(outcome, "stage1.pt was made with another configuration (decoder.ffn = 256, not 128); use the configuration")


def test_a_tokenizer_of_another_configuration(call, smoke_run: SmokeRun, tmp_path: Path):
    parts = smoke_run.copied_parts(tmp_path)
    settings = tmp_path / "wide.toml"
    settings.write_text(SETTINGS.read_text().replace("vocab = 1536", "vocab = 1600"))
    outcome = call("stage1", "--data", str(parts.data), "--config", str(settings), work=parts.work)
    told(outcome, "tokenizer.model has 1536 pieces, but decoder.vocab is 1600; use the configuration that made it")


def test_a_full_disk(call, data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("osum_training.disk_space.free_bytes", lambda folder: 1000)
    told(call("prepare", *with_smoke(data)), "free some space, or point OSUM_TRAINING_DIR to another disk")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--device", "gpu"), "--device gpu: expected one of cpu, cuda, npu"),
        (("--device", "npu"), "--device npu: the Python package torch_npu is missing"),
        (
            ("--device", "npu", "--processes", "2"),
            "--processes 2: one process serves a npu device; leave the option out",
        ),
        (("--processes", "0"), "--processes 0: expected 1 or more"),
    ],
)
def test_a_device_that_is_not_there(call, data: Path, arguments: tuple[str, ...], sentence: str):
    told(call("stage2", *with_smoke(data), *arguments), sentence)


def test_a_finished_step_takes_no_time_and_plots_are_drawn(call, smoke_run: SmokeRun, tmp_path: Path):
    parts = smoke_run.copied_parts(tmp_path)
    log = (parts.runs / "stage1.jsonl").read_text()
    assert call("stage1", *with_smoke(parts.data), work=parts.work) == (0, "")
    assert (parts.runs / "stage1.jsonl").read_text() == log
    assert call("plot", work=parts.work) == (0, "")
    assert (parts.runs / "plots" / "losses.png").stat().st_size > 10_000


def test_the_version_of_a_package_is_a_choice(call, smoke_run: SmokeRun, tmp_path: Path):
    parts = smoke_run.copied_parts(tmp_path)
    out = tmp_path / "out"
    arguments = ("--version", "9.8.7", "--out", str(out), "--clips", "1")
    assert call("export", *with_smoke(parts.data), *arguments, work=parts.work) == (0, "")
    assert json.loads((out / "model.json").read_text())["version"] == "9.8.7"


def test_the_configuration_that_is_run_is_the_one_that_is_given():
    config = command._config(SETTINGS, 3)
    assert (config.processes, config.release.name) == (3, "osum-smoke")
    assert command._config(SETTINGS, None, "cuda").processes == 1
    assert replace(config, processes=1) == command._config(SETTINGS)
