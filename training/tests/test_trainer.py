import torch
from osum_training.config import PhaseConfig
from osum_training.trainer import Outcome, Stage, load_weights, train
from torch import nn


def line_stage(folder, hours: float, processes: int = 1) -> Stage:
    """Fits y = 2x; each step passes 36 s."""
    torch.manual_seed(0)
    model = nn.Linear(1, 1)

    def batches(rng):
        while True:
            yield torch.tensor([[rng.uniform(-1, 1)] for _ in range(8)])

    def step(x):
        return Outcome(((model(x) - 2 * x) ** 2).mean(), 36.0)

    phase = PhaseConfig(hours=hours, peak_lr=0.05, warmup_steps=2, muon=False)
    return Stage("line", model, lambda name: True, batches, step, phase, folder, processes=processes, average_every=4)


def test_training_learns_and_goes_on_from_its_checkpoint(tmp_path):
    stage = line_stage(tmp_path, 0.4)
    train(stage)
    first = load_weights(stage.model, stage.checkpoint)
    assert first["steps"] == 40
    resumed = line_stage(tmp_path, 2.0)
    train(resumed)
    assert load_weights(resumed.model, resumed.checkpoint)["steps"] == 200
    assert abs(float(resumed.model.weight.detach()) - 2) < 0.1


def test_two_runs_give_the_same_weights(tmp_path):
    results = []
    for name in ("a", "b"):
        stage = line_stage(tmp_path / name, 0.3)
        train(stage)
        results.append(stage.model.weight.detach().clone())
    assert torch.equal(*results)


def test_two_processes_end_with_one_model(tmp_path):
    stage = line_stage(tmp_path, 0.4, processes=2)
    train(stage)
    assert load_weights(stage.model, stage.checkpoint)["hours"] >= 0.4
