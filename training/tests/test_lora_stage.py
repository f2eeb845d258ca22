"""LoRA as an option of a stage: the smoke run's decoder is adapted instead of trained whole."""

import json
from dataclasses import replace
from pathlib import Path

import torch
from conftest import SmokeRun
from osum_training.config import LoraConfig
from osum_training.config_file import load_config
from osum_training.lora import has_lora, is_lora, merge_lora_file
from osum_training.model import OsumNano
from osum_training.parts import Parts
from osum_training.pipeline import train_stage3
from osum_training.release import export_checkpoint
from osum_training.smoke import SETTINGS
from safetensors import safe_open
from safetensors.torch import load_file


def lora_parts(smoke_run: SmokeRun, folder: Path) -> Parts:
    stage3 = replace(load_config(SETTINGS).stage3, hours=0.01, lora=True)
    release = replace(load_config(SETTINGS).release, weights="fp32")
    lora = LoraConfig(rank=4, alpha=2.0)
    parts = smoke_run.copied_parts(folder, stage3=stage3, lora=lora, release=release, evaluate_prompts=2)
    (parts.runs / "stage3.pt").unlink()
    return parts


def test_only_lora_is_trained_in_the_decoder_and_the_package_holds_it_merged(smoke_run: SmokeRun, tmp_path: Path):
    parts = lora_parts(smoke_run, tmp_path)
    before = torch.load(parts.runs / "stage3-read.pt", weights_only=True)["smooth"]
    train_stage3(parts)
    saved = torch.load(parts.runs / "stage3.pt", weights_only=True)
    after = saved["smooth"]
    assert saved["configuration"]["lora"] and saved["configuration"]["lora.alpha"] == 2.0
    changed = {name for name in after if name not in before or not torch.equal(after[name], before[name])}
    in_decoder = {name.replace("base_layer.", "") for name in changed if name.startswith("decoder.")}
    assert all(is_lora(name) or torch.equal(after[_base(name)], before[name]) for name in in_decoder)
    assert any(is_lora(name) for name in changed) and any(name.startswith("adapter.") for name in changed)
    assert any(after[name].abs().max() > 0 for name in after if ".lora_B." in name)

    export_checkpoint(parts, tmp_path / "package", 1)
    assert not has_lora(parts.model)
    name = "model.layers.1.self_attn.v_proj.weight"
    with safe_open(tmp_path / "package" / "decoder.safetensors", "pt") as file:
        assert not any(is_lora(key) for key in file.keys())  # noqa: SIM118
        packed = file.get_tensor(name)
    base, (a, b) = before[f"decoder.{name}"], (after[f"decoder.{name[:-7]}.lora_{x}.default.weight"] for x in "AB")
    torch.testing.assert_close(packed, base + 0.5 * b @ a, rtol=1e-5, atol=1e-5)

    plain = OsumNano(parts.config)
    plain.load_state_dict(before)
    merge_lora_file(plain.decoder, parts.runs / "stage3-lora.safetensors", alpha=2.0)
    torch.testing.assert_close(plain.decoder.state_dict()[name], packed, rtol=1e-5, atol=1e-5)
    assert json.loads((tmp_path / "package" / "model.json").read_text())["weights"] == "fp32"


def _base(name: str) -> str:
    """The name of a decoder's weight in a state with LoRA."""
    layer, _, kind = name.rpartition(".")
    wrapped = layer.rsplit(".", 1)[-1] in ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "down_proj")
    return f"{layer}.base_layer.{kind}" if wrapped else name


def test_a_stage_with_lora_goes_on_from_its_checkpoint(smoke_run: SmokeRun, tmp_path: Path):
    parts = lora_parts(smoke_run, tmp_path)
    train_stage3(parts)
    first = torch.load(parts.runs / "stage3.pt", weights_only=True)
    config = replace(parts.config, stage3=replace(parts.config.stage3, hours=0.02))
    again = smoke_run.copied_parts(tmp_path / "again", stage3=config.stage3, lora=config.lora, evaluate_prompts=2)
    (parts.runs / "stage3.pt").replace(again.runs / "stage3.pt")
    train_stage3(again)
    second = torch.load(again.runs / "stage3.pt", weights_only=True)
    assert second["steps"] > first["steps"] and second["hours"] >= 0.02


def test_the_matrices_of_reading_are_written_though_it_was_killed_after_its_last_step(
    smoke_run: SmokeRun, tmp_path: Path
):
    settings = load_config(SETTINGS)
    read = replace(settings.read, hours=0.01, lora=True)
    joint = replace(settings.stage3, hours=0.01, lora=True)
    lora = LoraConfig(rank=4, alpha=2.0)
    parts = smoke_run.copied_parts(tmp_path, read=read, stage3=joint, lora=lora, evaluate_prompts=2)
    for name in ("stage3-read.pt", "stage3.pt"):
        (parts.runs / name).unlink()
    train_stage3(parts)
    matrices, checkpoint = (parts.runs / f"stage3-read{end}" for end in ("-lora.safetensors", ".pt"))
    written, trained = load_file(matrices), checkpoint.read_bytes()
    matrices.unlink()
    (parts.runs / "stage3.pt").unlink()
    train_stage3(parts)
    again = load_file(matrices)
    assert again.keys() == written.keys()
    assert all(torch.equal(again[name], written[name]) for name in written)
    assert checkpoint.read_bytes() == trained
