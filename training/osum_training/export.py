"""Writes a model package: safetensors a stage, the tokenizer and `model.json` (format osum-package/1)."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from .adapter import STRIDES
from .config import Config
from .decode import REPETITION, REPETITION_PENALTY
from .grammar import COMBINATIONS, LABELS, UNTRAINED, tag_string, trained_labels
from .lora import merge_lora
from .mel import MEL_BINS, SAMPLE_RATE
from .model import OsumNano
from .quantize import linear_weights, quantize_rows
from .sources import licences
from .tokenizer import BOS, EOS, PAD

# The score that a task without labels needs to be offered at all: the measure, and whether a value of it will do.
BARS: dict[str, tuple[str, Callable[[float], bool]]] = {
    "align": ("startMedianMs", lambda value: value <= 200),
    "chat": ("rubric", lambda value: value >= 0.6),
}
LABEL_BAR = 0.25  # of the way from guessing to perfection that a task with labels needs, as a mean over its test sets
PROMPTS = {
    "understand": [
        {"text": "<|sys_u|>", "bos": True},
        {"instruction": True, "bos": True},
        {"speech": True},
        {"text": "<|tail|>", "bos": True},
    ],
    "chat": [{"text": "<|sys_c|>", "bos": True}, {"speech": True}, {"text": "<|tail|>", "bos": True}],
    "intent": [
        {"text": "<|sys_i|>", "bos": True},
        {"instruction": True, "bos": False},
        {"text": "<|tail|>", "bos": True},
    ],
}


@dataclass
class Release:
    """What the scores and the history add to the weights. scores: task -> list of {metric, value, on, n}."""

    scores: dict[str, list[dict]] = field(default_factory=dict)
    intent_scores: list[dict] = field(default_factory=list)
    provenance: dict = field(default_factory=dict)


def packed(module: nn.Module, weights: str) -> dict[str, Tensor]:
    """A module's tensors in the package's types: fp32, bf16, or int8 linear weights with bf16 for the rest."""
    state = {name: tensor.detach() for name, tensor in module.state_dict().items()}
    if weights == "fp32":
        return {name: tensor.float().contiguous() for name, tensor in state.items()}
    tensors = {name: tensor.to(torch.bfloat16).contiguous() for name, tensor in state.items()}
    if weights == "int8":
        for name in linear_weights(module):
            tensors[name], tensors[f"{name}_scale"] = quantize_rows(state[name])
    return tensors


def unsupported(release: Release) -> set[str]:
    """Tasks whose scores do not pass their bar, or that were not scored."""
    passed = {
        task
        for task, (metric, enough) in BARS.items()
        if release.scores.get(task) and all(enough(e["value"]) for e in release.scores[task] if e["metric"] == metric)
    }
    return (set(BARS) - passed) | {task for task in LABELS if not _tells_labels_apart(task, release)}


def _tells_labels_apart(task: str, release: Release) -> bool:
    found = [e["value"] for e in release.scores.get(task, []) if e["metric"] == "macroAccuracy"]
    by_chance = 1 / len(trained_labels(task))
    return bool(found) and sum(found) / len(found) >= by_chance + LABEL_BAR * (1 - by_chance)


def task_entries(release: Release) -> dict[str, dict]:
    entries: dict[str, dict] = {
        "asr": {"supported": True, "languages": ["en"], "scores": release.scores.get("asr", [])}
    }
    refused = unsupported(release)
    for task in LABELS:
        entries[task] = {
            "supported": task not in refused,
            "labels": trained_labels(task),
            "untrainedLabels": list(UNTRAINED.get(task, ())),
            "scores": release.scores.get(task, []),
        }
    for task in BARS:
        entries[task] = {"supported": task not in refused, "scores": release.scores.get(task, [])}
    return entries


def describe(config: Config, release: Release, files: dict) -> dict:
    """The content of model.json."""
    encoder, adapter, decoder = config.encoder, config.adapter, config.decoder
    refused = unsupported(release)
    return {
        "format": "osum-package/1",
        "name": config.release.name,
        "version": config.release.version,
        "weights": config.release.weights,
        "files": files,
        "audio": {"sampleRate": SAMPLE_RATE, "melBins": MEL_BINS, "maxSeconds": encoder.max_frames // 50},
        "encoder": {
            "layers": encoder.layers,
            "width": encoder.width,
            "heads": encoder.heads,
            "ffn": encoder.ffn,
            "maxFrames": encoder.max_frames,
        },
        "adapter": {
            "layers": adapter.layers,
            "width": adapter.width,
            "heads": adapter.heads,
            "ffn": adapter.ffn,
            "strides": list(STRIDES),
            "outWidth": adapter.out_width,
        },
        "decoder": {
            "layers": decoder.layers,
            "width": decoder.width,
            "heads": decoder.heads,
            "kvHeads": decoder.kv_heads,
            "headDim": decoder.head_dim,
            "ffn": decoder.ffn,
            "vocab": decoder.vocab,
            "ropeTheta": int(decoder.rope_theta),
            "ropeRounding": "bf16" if decoder.rope_bf16 else "fp32",
            "rmsEps": decoder.rms_eps,
            "maxPositions": decoder.max_positions,
        },
        "tokenizer": {"type": "sentencepiece", "bos": BOS, "eos": EOS, "pad": PAD, "addedTokens": []},
        "prompts": PROMPTS,
        "intentPrefix": "",
        "passPrompt": "tags",
        "generation": {"maxNewTokens": 400, "repetitionPenalty": REPETITION_PENALTY, "repetition": REPETITION},
        "combinations": [tag_string(tasks) for tasks in COMBINATIONS if not refused.intersection(tasks)],
        "tasks": task_entries(release),
        "intent": {"languages": ["zh", "en"], "refuses": True, "scores": release.intent_scores},
        "provenance": {
            "trainedWith": "training/ at this repository",
            "seed": config.seed,
            "encoderWeights": config.encoder.weights,
        }
        | release.provenance,
        "licences": licences(config),
    }


def export_package(folder: Path, config: Config, model: OsumNano, tokenizer: Path, release: Release) -> Path:
    """Writes every file of the package except its README, and returns the folder. A decoder with LoRA is merged."""
    merge_lora(model.decoder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, module in (("encoder", model.encoder), ("adapter", model.adapter), ("decoder", model.decoder)):
        prefix = "encoder." if name == "encoder" else ""
        tensors = {prefix + key: tensor for key, tensor in packed(module, config.release.weights).items()}
        save_file(tensors, folder / f"{name}.safetensors", {"format": "pt"})
    shutil.copyfile(tokenizer, folder / "tokenizer.model")
    files = {}
    for name in ("encoder.safetensors", "adapter.safetensors", "decoder.safetensors", "tokenizer.model"):
        content = (folder / name).read_bytes()
        files[name.split(".")[0]] = {"path": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    (folder / "model.json").write_text(
        json.dumps(describe(config, release, files), ensure_ascii=False, indent=1) + "\n"
    )
    return folder
