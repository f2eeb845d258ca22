"""The pipeline from recordings to a package, at toy size."""

import hashlib
import json
import multiprocessing
import shutil
import time
from pathlib import Path

import torch
from conftest import SmokeRun
from osum_training.config_file import load_config
from osum_training.model import OsumNano
from osum_training.pipeline import run_step
from osum_training.smoke import SETTINGS, run_smoke
from safetensors import safe_open

STAGES = ("encoder", "adapter", "decoder")


def checksums(package: Path) -> dict[str, str]:
    files = json.loads((package / "model.json").read_text())["files"]
    return {name: entry["sha256"] for name, entry in files.items()}


def test_the_package_is_whole(smoke_run: SmokeRun):
    description = json.loads((smoke_run.package / "model.json").read_text())
    for entry in description["files"].values():
        content = (smoke_run.package / entry["path"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (entry["bytes"], entry["sha256"])
    assert description["name"] == "osum-smoke"
    assert description["tasks"]["asr"]["scores"][0]["metric"] == "wer"
    assert description["tasks"]["chat"] == {"supported": False, "scores": description["tasks"]["chat"]["scores"]}
    made_up = {"what": "shards", "licence": "CC0-1.0", "attribution": "made up by the smoke configuration"}
    assert description["licences"][0] == made_up
    assert [licence["what"] for licence in description["licences"][1:]] == [
        "Instructions and chat utterances of training/data"
    ]
    stages = description["provenance"]["stages"]
    assert list(stages) == ["stage1", "stage1-encoder", "stage2", "stage3-read", "stage3"]
    assert all(stage["steps"] > 0 for stage in stages.values())
    assert "| asr | synthetic sentences | wer |" in (smoke_run.package / "README.md").read_text()


def test_the_package_holds_every_tensor_of_the_model(smoke_run: SmokeRun):
    model = OsumNano(load_config(SETTINGS))
    for stage in STAGES:
        module = getattr(model, stage)
        prefix = "encoder." if stage == "encoder" else ""
        with safe_open(smoke_run.package / f"{stage}.safetensors", "pt") as file:
            found = {name: list(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
        plain = {name: shape for name, shape in found.items() if not name.endswith("_scale")}
        assert plain == {prefix + name: list(tensor.shape) for name, tensor in module.state_dict().items()}
        assert any(name.endswith("_scale") for name in found)


def test_every_stage_changed_what_it_trains(smoke_run: SmokeRun):
    runs = smoke_run.work / "runs"
    names = ("stage1", "stage1-encoder", "stage3")
    saved = {name: torch.load(runs / f"{name}.pt", weights_only=True)["smooth"] for name in names}

    def same(name: str, a: str, b: str) -> bool:
        return torch.equal(saved[a][name], saved[b][name])

    upper, lower = "encoder.encoders.1.self_attn.linear_q.weight", "encoder.encoders.0.self_attn.linear_q.weight"
    assert not same(upper, "stage1", "stage1-encoder") and not same(upper, "stage1-encoder", "stage3")
    assert same(lower, "stage1", "stage3")
    assert not same("adapter.speech_llama_proj.weight", "stage1-encoder", "stage3")


def test_stages_1_and_2_may_run_side_by_side(smoke_run: SmokeRun, tmp_path: Path):
    shutil.copytree(smoke_run.work / "hidden-1", tmp_path / "hidden-1")
    shared = (load_config(SETTINGS), smoke_run.work / "data", tmp_path, "cpu")
    fork = multiprocessing.get_context("fork")
    both = [fork.Process(target=run_step, args=(name, *shared)) for name in ("stage1", "stage2")]
    for process in both:
        process.start()
    for process in both:
        process.join()
    for name in ("stage1", "stage2"):
        alone, beside = (torch.load(w / "runs" / f"{name}.pt", weights_only=True) for w in (smoke_run.work, tmp_path))
        assert all(torch.equal(alone["smooth"][key], beside["smooth"][key]) for key in alone["smooth"])


def interrupted(out: Path, work: Path, when: str) -> None:
    """Runs in a process of its own until the file `when` is there, and kills it."""
    process = multiprocessing.get_context("fork").Process(target=run_smoke, args=(out, work))
    process.start()
    while process.is_alive() and not (work / when).exists():
        time.sleep(0.02)
    assert process.is_alive(), f"it ended before {when} was there"
    process.kill()
    process.join()


def test_a_run_that_is_killed_again_and_again_ends_with_the_same_weights(smoke_run: SmokeRun, tmp_path: Path):
    torch.set_num_threads(1)
    out, work = tmp_path / "package", tmp_path / "work"
    for when in ("hidden-1/synthetic-dev-000.jsonl", "runs/stage1.pt", "runs/stage3-read.jsonl"):
        interrupted(out, work, when)
    finished = {name: (work / "runs" / name).stat().st_mtime_ns for name in ("stage1.pt", "stage2.pt")}
    run_smoke(out, work)
    assert {name: (work / "runs" / name).stat().st_mtime_ns for name in finished} == finished
    assert checksums(out) == checksums(smoke_run.package)
