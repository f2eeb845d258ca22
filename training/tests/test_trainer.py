import json
import multiprocessing
import os
import signal
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
import torch
from osum_training.checkpoint import load_weights
from osum_training.config import PhaseConfig
from osum_training.errors import InputError
from osum_training.trainer import Outcome, Stage, train
from torch import nn


class Count:
    """Progress that a stage keeps: how many steps it has seen."""

    def __init__(self):
        self.steps = 0

    def state_dict(self) -> dict[str, float]:
        return {"steps": self.steps}

    def load_state_dict(self, state: dict[str, float]) -> None:
        self.steps = int(state["steps"])


def line_stage(folder, hours: float, processes: int = 1, step_seconds: float = 0.0, **settings) -> Stage:
    """Fits y = 2x; each step passes 36 s."""
    torch.manual_seed(0)
    model = nn.Linear(1, 1)
    count = Count()

    def batches(rng):
        while True:
            yield torch.tensor([[rng.uniform(-1, 1)] for _ in range(8)])

    def step(x):
        time.sleep(step_seconds)
        count.steps += 1
        return Outcome(((model(x) - 2 * x) ** 2).mean(), 36.0)

    phase = PhaseConfig(hours=hours, peak_lr=0.05, warmup_steps=2, muon=False)
    return Stage(
        "line",
        model,
        lambda name: True,
        batches,
        step,
        phase,
        folder,
        processes=processes,
        average_every=4,
        progress=count,
        **settings,
    )


def steps_of(stage: Stage) -> int:
    """How many steps the stage's own progress has seen."""
    assert isinstance(stage.progress, Count)
    return stage.progress.steps


def test_training_learns_and_goes_on_from_its_checkpoint(tmp_path):
    stage = line_stage(tmp_path, 0.4)
    train(stage)
    first = load_weights(stage.model, stage.checkpoint)
    assert first["steps"] == 40
    resumed = line_stage(tmp_path, 2.0)
    train(resumed)
    assert load_weights(resumed.model, resumed.checkpoint)["steps"] == 200
    assert abs(float(resumed.model.get_parameter("weight").detach()) - 2) < 0.1
    assert steps_of(resumed) == 200


def test_two_runs_give_the_same_weights(tmp_path):
    results = []
    for name in ("a", "b"):
        stage = line_stage(tmp_path / name, 0.3)
        train(stage)
        results.append(stage.model.get_parameter("weight").detach().clone())
    assert torch.equal(*results)


def test_two_processes_end_with_one_model(tmp_path):
    stage = line_stage(tmp_path, 0.4, processes=2)
    train(stage)
    assert load_weights(stage.model, stage.checkpoint)["hours"] >= 0.4


def test_a_checkpoint_of_another_configuration_is_refused_before_a_step(tmp_path):
    train(line_stage(tmp_path, 0.1, configuration={"layers": 4}))
    stage = line_stage(tmp_path, 0.2, configuration={"layers": 6})
    with pytest.raises(InputError, match=r"line.pt was made with another configuration \(layers = 4, not 6\)"):
        train(stage)
    assert steps_of(stage) == 0


def test_a_full_disk_is_told_before_a_step(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("osum_training.disk_space.free_bytes", lambda folder: 10)
    stage = line_stage(tmp_path, 0.1)
    with pytest.raises(InputError, match=r"a checkpoint of line needs 0.0 GB in .*, but 0.0 GB are free; free some"):
        train(stage)
    assert steps_of(stage) == 0


def test_a_disk_that_fills_up_leaves_the_checkpoint_before_whole(tmp_path, monkeypatch: pytest.MonkeyPatch):
    stage = line_stage(tmp_path, 0.1)
    train(stage)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(InputError, match=r"the disk is full: .*line.pt could not be written"):
        train(line_stage(tmp_path, 0.2))
    assert load_weights(stage.model, stage.checkpoint)["steps"] == 12


def test_evaluations_come_after_a_checkpoint_and_leave_the_model_training(tmp_path):
    seen = []

    def evaluate():
        seen.append((tmp_path / "line.pt").exists())
        stage.model.eval()
        return {"error": 0.5}

    drawn = []
    stage = line_stage(tmp_path, 0.3, evaluate=evaluate, evaluate_seconds=0.0, after_evaluation=lambda: drawn.append(1))
    train(stage)
    assert seen == [True] * len(seen) and len(seen) == len(drawn) >= 3
    assert stage.model.training


def alive(pid: int) -> bool:
    """Whether a process still runs (a zombie does not)."""
    path = Path(f"/proc/{pid}/stat")
    return path.exists() and path.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def children_of(process: BaseProcess) -> list[int]:
    pid = process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def start(folder: Path, processes: int, checkpoint_seconds: float = 0.2) -> BaseProcess:
    """A long run in a process of its own, awaited until it has saved a checkpoint."""
    stage = line_stage(folder, 1000.0, processes, 0.01, checkpoint_seconds=checkpoint_seconds)
    process = multiprocessing.get_context("fork").Process(target=train, args=(stage,))
    process.start()
    until(stage.checkpoint.exists)
    return process


def until(holds, seconds: float = 300.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def test_a_killed_run_loses_no_more_than_the_time_between_checkpoints(tmp_path):
    process = start(tmp_path, processes=1, checkpoint_seconds=0.4)
    time.sleep(6)
    process.kill()
    process.join()
    stage = line_stage(tmp_path, 1000.0)
    before = load_weights(stage.model, stage.checkpoint)
    assert before["steps"] > 20
    # A step takes a hundredth of a second or longer, so that this holds on a busy machine too.
    logged = json.loads(stage.log.read_text().splitlines()[-1])["step"]
    assert logged - before["steps"] < 120
    resumed = line_stage(tmp_path, before["hours"] + 0.19)
    train(resumed)
    assert load_weights(resumed.model, resumed.checkpoint)["steps"] == before["steps"] + 20 == steps_of(resumed)


def test_no_process_outlives_the_first(tmp_path):
    process = start(tmp_path, processes=3)
    children = children_of(process)
    assert len(children) == 2 and all(map(alive, children))
    process.kill()
    process.join()
    until(lambda: not any(map(alive, children)))


def test_a_killed_process_ends_all_with_one_sentence(tmp_path):
    def run():
        stage = line_stage(tmp_path, 1000.0, 2, 0.01, checkpoint_seconds=0.2)
        try:
            train(stage)
        except InputError as error:
            (tmp_path / "told").write_text(str(error))

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    until((tmp_path / "line.pt").exists)
    (child,) = children_of(process)
    os.kill(child, signal.SIGKILL)
    process.join(300)
    assert not process.is_alive()
    told = (tmp_path / "told").read_text()
    assert told.startswith("a process of line ended early (exit code -9): memory may have run out, try --processes 1")


def deep_stage(folder: Path, processes: int) -> Stage:
    """Muon's matrices of several sizes; a batch is the same for all processes, so that their number changes nothing."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh(), nn.Linear(24, 2))

    def batches(rng):
        generator = torch.Generator().manual_seed(1)
        while True:
            yield torch.randn(16, 6, generator=generator)

    def step(x):
        return Outcome((model(x) - x[:, :2] * x[:, 2:4]).square().mean(), 36.0 / processes)

    phase = PhaseConfig(hours=0.395, peak_lr=0.01, warmup_steps=2)
    return Stage("deep", model, lambda name: True, batches, step, phase, folder, processes=processes, average_every=4)


def test_processes_share_a_step_without_changing_it(tmp_path):
    states = []
    for processes in (1, 2, 4):
        stage = deep_stage(tmp_path / str(processes), processes)
        before = {name: value.clone() for name, value in stage.model.state_dict().items()}
        train(stage)
        saved = torch.load(stage.checkpoint, weights_only=True)
        assert saved["steps"] == 40
        states.append(saved["model"])
    for name, value in states[0].items():
        assert not torch.equal(value, before[name])
        assert all(torch.equal(other[name], value) for other in states[1:])
