"""The training loop: forked single-threaded processes that share each step, a moving average for release, checkpoints
and a log.
"""

import json
import multiprocessing
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from .checkpoint import read_checkpoint, write_checkpoint
from .config import PhaseConfig
from .disk_space import require_space
from .errors import InputError, full_disk_told
from .fingerprint import Fingerprint
from .fused import eager, fused
from .gradient_sharing import Sharing
from .optimizer import Optimizer
from .supervision import end_with_parent, ended_early, on_early_end

MOVING_AVERAGE = 0.97  # of the parameters, each time that they are added


@dataclass
class Outcome:
    """What one step gives back: the loss to follow, seconds of audio passed, and figures for the log."""

    loss: Tensor
    seconds: float
    figures: dict[str, float] = field(default_factory=dict)


class Progress(Protocol):
    """What a stage keeps beside its parameters from one step to the next; it is saved with them."""

    def state_dict(self) -> dict[str, float]: ...

    def load_state_dict(self, state: dict[str, float]) -> None: ...


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
    configuration: Fingerprint = field(default_factory=dict)  # that a checkpoint to go on from must have
    progress: Progress | None = None
    fused: bool = False  # whether the model's blocks are compiled while it is trained
    after_evaluation: Callable[[], None] | None = None

    @property
    def checkpoint(self) -> Path:
        return self.folder / f"{self.name}.pt"

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.jsonl"


class Trainer:
    def __init__(self, stage: Stage, rank: int, sharing: Sharing):
        self.stage, self.rank, self.sharing = stage, rank, sharing
        for name, parameter in stage.model.named_parameters():
            parameter.requires_grad_(stage.trained(name))
        self.parameters = {name: p for name, p in stage.model.named_parameters() if p.requires_grad}
        self.optimizer = Optimizer(self.parameters, stage.phase, rank, stage.processes)
        self.steps, self.hours, self.total_hours = 0, 0.0, 0.0
        if stage.checkpoint.exists():
            self._load()
        else:
            self.smooth = [p.detach().clone() for p in self.parameters.values()]
        self.seen: dict[str, list[float]] = {}

    def _load(self) -> None:
        saved = read_checkpoint(self.stage.checkpoint, self.stage.configuration)
        self.stage.model.load_state_dict(saved["model"])
        if "optimizer" in saved:  # without it, as in a checkpoint put together by hand, the optimiser starts afresh
            self.optimizer.load_state_dict(saved["optimizer"])
        if self.stage.progress is not None and "progress" in saved:
            self.stage.progress.load_state_dict(saved["progress"])
        self.steps, self.total_hours = saved["steps"], saved["hours"]
        self.hours = self.total_hours / self.stage.processes
        self.smooth = [saved["smooth"][name].to(p.device) for name, p in self.parameters.items()]

    def _save(self) -> None:
        smooth = self.stage.model.state_dict() | dict(zip(self.parameters, self.smooth, strict=True))
        content = {
            "model": self.stage.model.state_dict(),
            "smooth": smooth,
            "optimizer": self.optimizer.state_dict(),
            "steps": self.steps,
            "hours": self.total_hours,
            "configuration": self.stage.configuration,
        }
        if self.stage.progress is not None:
            content["progress"] = self.stage.progress.state_dict()
        write_checkpoint(self.stage.checkpoint, content)

    def run(self) -> None:
        stage = self.stage
        if self.total_hours >= stage.phase.hours:
            return
        rng = random.Random(f"{stage.seed} {stage.name} {self.rank} {self.steps}")
        torch.manual_seed(rng.getrandbits(32))
        batches = stage.batches(rng)
        saved = evaluated = began = time.monotonic()
        while self.total_hours < stage.phase.hours:
            for _ in range(stage.average_every):
                self._step(next(batches))
            if self.rank:
                continue
            for slow, p in zip(self.smooth, self.parameters.values(), strict=True):
                slow.lerp_(p.detach(), 1 - min(MOVING_AVERAGE, self.steps / (self.steps + 80)))
            if self.steps % (2 * stage.average_every) == 0:
                self._log({name: sum(values) / len(values) for name, values in self.seen.items()})
                self.seen = {}
            now = time.monotonic()
            due = stage.evaluate is not None and now - evaluated > stage.evaluate_seconds
            if due or now - saved + (now - began) > stage.checkpoint_seconds:  # the next round may take as long
                saved = now
                self._save()
            if due:
                evaluated = now
                self._log({"evaluation": self._judge()})
            began = time.monotonic()
        if self.rank == 0:
            self._save()
            if stage.evaluate:
                self._log({"evaluation": self._judge()})

    def _step(self, batch: object) -> None:
        start = time.monotonic()
        outcome = self.stage.step(batch)
        outcome.loss.backward()
        self.hours += outcome.seconds / 3600
        own = time.monotonic() - start
        optimizer, before = self.optimizer, self.total_hours
        self.total_hours = self.sharing.average(self.rank, optimizer.parameters, self.hours)
        norm = optimizer.step(self.steps, before)
        self.sharing.exchange(optimizer.own, optimizer.others, optimizer.parameters)
        self.steps += 1
        took = time.monotonic() - start
        figures = outcome.figures | {"norm": norm, "speed": outcome.seconds / took, "batch share": own / took}
        for name, value in figures.items():
            self.seen.setdefault(name, []).append(value)

    def _judge(self) -> dict[str, float]:
        """Evaluates the moving average and puts the live parameters back."""
        live = [p.detach().clone() for p in self.parameters.values()]
        with torch.no_grad(), eager():
            for p, slow in zip(self.parameters.values(), self.smooth, strict=True):
                p.copy_(slow)
            figures = self.stage.evaluate() if self.stage.evaluate else {}
            for p, value in zip(self.parameters.values(), live, strict=True):
                p.copy_(value)
        self.stage.model.train()
        return figures

    def _log(self, figures: dict) -> None:
        def short(value):
            return {k: short(v) for k, v in value.items()} if isinstance(value, dict) else round(value, 4)

        line = {"time": int(time.time()), "step": self.steps, "hours": round(self.total_hours, 3)} | short(figures)
        print(json.dumps(line), flush=True)
        with full_disk_told(self.stage.log), open(self.stage.log, "a") as file:
            file.write(json.dumps(line) + "\n")
        if "evaluation" in figures and self.stage.after_evaluation is not None:
            self.stage.after_evaluation()


def _run(stage: Stage, rank: int, sharing: Sharing) -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)  # GELU and softmax leave denormal numbers, on which CPUs are many times slower
    with fused(stage.model, stage.fused):
        Trainer(stage, rank, sharing).run()


def _run_child(stage: Stage, rank: int, sharing: Sharing) -> None:
    end_with_parent()
    try:
        _run(stage, rank, sharing)
    except (threading.BrokenBarrierError, KeyboardInterrupt):
        raise SystemExit(1) from None  # the first process tells why
    except InputError as error:
        print(error, file=sys.stderr, flush=True)
        raise SystemExit(1) from None


def checkpoint_bytes(stage: Stage) -> int:
    """What a checkpoint takes on disk: all weights twice, and two moments of those that are trained."""
    sizes = {name: 4 * p.numel() for name, p in stage.model.named_parameters()}
    return 2 * sum(sizes.values()) + 2 * sum(size for name, size in sizes.items() if stage.trained(name))


def train(stage: Stage) -> None:
    """Runs a stage to its end, from its checkpoint if there is one. The caller's model holds the trained weights
    afterwards. Raises InputError if the disk has no room, or one of the processes ended early.
    """
    torch.set_num_threads(1)  # before the fork: thread pools do not survive it
    stage.folder.mkdir(parents=True, exist_ok=True)
    require_space(stage.folder, 1.1 * checkpoint_bytes(stage), f"a checkpoint of {stage.name}")
    context = multiprocessing.get_context("fork")
    count = sum(p.numel() for name, p in stage.model.named_parameters() if stage.trained(name))
    sharing = Sharing(count, stage.processes, context)
    # A process that has compiled cannot fork trainers again (autograd has started threads), so this one does not.
    apart = stage.fused and stage.processes > 1
    others = [
        context.Process(target=_run_child, args=(stage, rank, sharing), daemon=True)
        for rank in range(0 if apart else 1, stage.processes)
    ]
    for process in others:
        process.start()
    on_early_end(others, sharing.give_up)
    try:
        if not apart:
            _run(stage, 0, sharing)
    except threading.BrokenBarrierError:
        for process in others:
            process.join()
        raise ended_early(stage.name, others) from None
    for process in others:
        process.join()
    if apart:
        if any(process.exitcode for process in others):
            raise ended_early(stage.name, others)
        stage.model.load_state_dict(read_checkpoint(stage.checkpoint)["model"])
