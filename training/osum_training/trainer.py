"""The training loop: forked single-threaded processes, averaged parameters, a moving average for release, checkpoints
and a log.
"""

import json
import multiprocessing
import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from .averaging import Averager
from .config import PhaseConfig
from .optimizer import Optimizer

MOVING_AVERAGE = 0.97  # per averaging of the processes


@dataclass
class Outcome:
    """What one step gives back: the loss to follow, seconds of audio passed, and figures for the log."""

    loss: Tensor
    seconds: float
    figures: dict[str, float] = field(default_factory=dict)


@dataclass
class Stage:
    """A stage to train: which parameters, on what, for how long, and how it is judged."""

    name: str
    model: nn.Module
    trained: Callable[[str], bool]
    batches: Callable[[random.Random], Iterator]
    step: Callable[[object], Outcome]
    phase: PhaseConfig
    folder: Path
    seed: int = 777
    processes: int = 2
    average_every: int = 8
    checkpoint_seconds: float = 120.0
    evaluate: Callable[[], dict[str, float]] | None = None
    evaluate_seconds: float = 1200.0

    @property
    def checkpoint(self) -> Path:
        return self.folder / f"{self.name}.pt"


class Trainer:
    def __init__(self, stage: Stage, rank: int, averager: Averager):
        self.stage, self.rank, self.averager = stage, rank, averager
        for name, parameter in stage.model.named_parameters():
            parameter.requires_grad_(stage.trained(name))
        self.parameters = {name: p for name, p in stage.model.named_parameters() if p.requires_grad}
        self.optimizer = Optimizer(self.parameters, stage.phase)
        self.steps, self.hours, self.total_hours = 0, 0.0, 0.0
        if stage.checkpoint.exists():
            self._load()
        self.smooth = (
            [p.detach().clone() for p in self.parameters.values()] if not stage.checkpoint.exists() else self._smooth
        )
        self.seen: dict[str, list[float]] = {}

    def _load(self) -> None:
        saved = torch.load(self.stage.checkpoint, weights_only=True)
        self.stage.model.load_state_dict(saved["model"])
        if "optimizer" in saved:  # without it, as in a checkpoint put together by hand, the optimiser starts afresh
            self.optimizer.load_state_dict(saved["optimizer"])
        self.steps, self.total_hours = saved["steps"], saved["hours"]
        self.hours = self.total_hours / self.stage.processes
        self._smooth = [saved["smooth"][name] for name in self.parameters]

    def _save(self) -> None:
        smooth = self.stage.model.state_dict() | dict(zip(self.parameters, self.smooth, strict=True))
        content = {
            "model": self.stage.model.state_dict(),
            "smooth": smooth,
            "optimizer": self.optimizer.state_dict(),
            "steps": self.steps,
            "hours": self.total_hours,
        }
        part = self.stage.checkpoint.with_suffix(".part")
        torch.save(content, part)
        os.replace(part, self.stage.checkpoint)

    def run(self) -> None:
        stage = self.stage
        if self.total_hours >= stage.phase.hours:
            return
        rng = random.Random(f"{stage.seed} {stage.name} {self.rank} {self.steps}")
        torch.manual_seed(rng.getrandbits(32))
        batches = stage.batches(rng)
        saved = evaluated = time.monotonic()
        while self.total_hours < stage.phase.hours:
            for _ in range(stage.average_every):
                self._step(next(batches))
            self.total_hours = self.averager.average(self.rank, list(self.parameters.values()), self.hours)
            if self.rank:
                continue
            for slow, p in zip(self.smooth, self.parameters.values(), strict=True):
                slow.lerp_(p.detach(), 1 - min(MOVING_AVERAGE, self.steps / (self.steps + 80)))
            now = time.monotonic()
            if stage.evaluate and now - evaluated > stage.evaluate_seconds:
                evaluated = now
                self._log({"evaluation": self._judge()})
            if self.steps % (2 * stage.average_every) == 0:
                self._log({name: sum(values) / len(values) for name, values in self.seen.items()})
                self.seen = {}
            if now - saved > stage.checkpoint_seconds:
                saved = now
                self._save()
        if self.rank == 0:
            if stage.evaluate:
                self._log({"evaluation": self._judge()})
            self._save()

    def _step(self, batch: object) -> None:
        start = time.monotonic()
        outcome = self.stage.step(batch)
        outcome.loss.backward()
        norm = self.optimizer.step(self.steps, self.total_hours)
        self.steps += 1
        self.hours += outcome.seconds / 3600
        figures = outcome.figures | {"norm": norm, "speed": outcome.seconds / (time.monotonic() - start)}
        for name, value in figures.items():
            self.seen.setdefault(name, []).append(value)

    def _judge(self) -> dict[str, float]:
        """Evaluates the moving average and puts the live parameters back."""
        live = [p.detach().clone() for p in self.parameters.values()]
        with torch.no_grad():
            for p, slow in zip(self.parameters.values(), self.smooth, strict=True):
                p.copy_(slow)
            figures = self.stage.evaluate() if self.stage.evaluate else {}
            for p, value in zip(self.parameters.values(), live, strict=True):
                p.copy_(value)
        return figures

    def _log(self, figures: dict) -> None:
        def short(value):
            return {k: short(v) for k, v in value.items()} if isinstance(value, dict) else round(value, 4)

        line = {"time": int(time.time()), "step": self.steps, "hours": round(self.total_hours, 3)} | short(figures)
        print(json.dumps(line), flush=True)
        with open(self.stage.folder / f"{self.stage.name}.jsonl", "a") as file:
            file.write(json.dumps(line) + "\n")


def _run(stage: Stage, rank: int, averager: Averager) -> None:
    torch.set_num_threads(1)
    Trainer(stage, rank, averager).run()


def train(stage: Stage) -> None:
    """Runs a stage to its end, from its checkpoint if there is one. The caller's model holds the trained weights
    afterwards.
    """
    torch.set_num_threads(1)  # before the fork: thread pools do not survive it
    stage.folder.mkdir(parents=True, exist_ok=True)
    context = multiprocessing.get_context("fork")
    count = sum(p.numel() for name, p in stage.model.named_parameters() if stage.trained(name))
    averager = Averager(count, stage.processes, context)
    others = [
        context.Process(target=_run, args=(stage, rank, averager), daemon=True) for rank in range(1, stage.processes)
    ]
    for process in others:
        process.start()
    _run(stage, 0, averager)
    for process in others:
        process.join()


def load_weights(model: nn.Module, checkpoint: Path) -> dict:
    """Puts a checkpoint's moving average into the model; returns its steps and hours."""
    saved = torch.load(checkpoint, weights_only=True)
    model.load_state_dict(saved["smooth"])
    return {"steps": saved["steps"], "hours": saved["hours"]}
