"""What exists in training alone, the CTC blank and the heads for letters and labels, fitted to the adapter of a package
before that is trained on: beside random ones its rows would be pulled away from what they say.
"""

import random
from pathlib import Path

import torch

from .checkpoint import read_checkpoint, write_checkpoint
from .config import Config
from .device import autocast, open_device, working_type
from .losses import ctc_loss, label_loss
from .parts import Parts, build
from .stages import speech_batches
from .supervision import run_processes

HEADS = ("blank", "letters.", "labels.")
BATCHES, ROUNDS = 24, 4  # of stage 1, heard once
BLANK_LR, HEADS_LR = 0.05, 3e-3


def start_heads(parts: Parts) -> None:
    """Puts heads into the model that fit its adapter, and keeps them in runs/heads.pt. Where the adapter begins with
    random weights the heads stay as they are.
    """
    start = parts.config.start
    if not start.package or "adapter" not in start.networks:
        return
    path = parts.runs / "heads.pt"
    # In a process of its own, since autograd's threads do not survive the trainers' fork.
    run_processes("fitting heads", 1, _fit, parts.config, parts.data, parts.work, str(parts.device), path)
    parts.model.load_state_dict(read_checkpoint(path), strict=False)


def _fit(config: Config, data: Path, work: Path, device: str, path: Path) -> None:
    torch.set_num_threads(1)
    parts = build(config, data, work, open_device(device))
    fit_heads(parts)
    found = {name: p.detach().cpu() for name, p in parts.model.named_parameters() if name.startswith(HEADS)}
    write_checkpoint(path, found)


def fit_heads(parts: Parts) -> None:
    """Trains the heads alone on some batches of stage 1, whose rows are heard once."""
    model = parts.model.eval()
    batches = speech_batches(parts, parts.open_cache(), parts.config.stage1, for_ctc=True)
    drawn = batches(random.Random(f"{parts.config.seed} heads"))
    heard = []
    with torch.no_grad(), autocast(parts.device):
        for batch, _ in zip(drawn, range(BATCHES), strict=False):
            shown = batch.features.to(parts.device, working_type(parts.device))
            heard.append((batch, model.hear_closely(shown, batch.lengths)))
    heads = [*model.letters.parameters(), *model.labels.parameters()]
    optimizer = torch.optim.Adam([{"params": [model.blank], "lr": BLANK_LR}, {"params": heads, "lr": HEADS_LR}])
    for batch, (rows, lengths, halved, half_lengths) in heard * ROUNDS:
        loss = ctc_loss(model.ctc_logits(rows.float()), lengths, batch.ctc)
        loss = loss + ctc_loss(model.letters(halved.float()), half_lengths, batch.letters)
        loss = loss + label_loss(model.label_logits(rows.float(), lengths), [clip.labels for clip in batch.clips])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
