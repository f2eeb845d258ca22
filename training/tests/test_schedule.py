import pytest
import torch
from osum_training.config import PhaseConfig
from osum_training.optimizer import Optimizer
from torch import nn


def optimizer(**settings) -> Optimizer:
    phase = PhaseConfig(hours=10, peak_lr=5e-4, **settings)
    return Optimizer({"x": nn.Parameter(torch.zeros(3))}, phase)


def test_warmup_is_the_published_formula():
    rate = optimizer(schedule="warmup", warmup_steps=2000).learning_rate
    assert rate(0, 0.0) == pytest.approx(5e-4 / 2000)
    assert rate(999, 0.0) == pytest.approx(2.5e-4)
    assert rate(1999, 9.9) == pytest.approx(5e-4)
    assert rate(7999, 10.0) == pytest.approx(2.5e-4)


def test_the_default_rises_stays_and_falls_to_its_share():
    rate = optimizer(warmup_steps=10).learning_rate
    assert rate(4, 0.0) == pytest.approx(2.5e-4)
    assert rate(100, 5.0) == rate(9, 0.0) == pytest.approx(5e-4)
    assert rate(100, 8.5) == pytest.approx(2.5e-4)
    assert rate(100, 10.0) == pytest.approx(5e-4 * 0.03)


def test_the_step_takes_the_rate_of_its_schedule():
    moved = {}
    for step in (0, 1999):
        tuner = optimizer(schedule="warmup", warmup_steps=2000, muon=False)
        (parameter,) = tuner.parameters
        parameter.grad = torch.ones(3)
        tuner.step(step, 0.0)
        moved[step] = float(parameter.detach().abs().max())
    assert moved[1999] == pytest.approx(2000 * moved[0], rel=1e-3) == pytest.approx(5e-4, rel=1e-3)


def test_matrices_of_lora_are_not_orthogonalised():
    phase = PhaseConfig(hours=1, peak_lr=1e-3)
    names = ("decoder.q_proj.lora_A.default.weight", "decoder.q_proj.base_layer.weight")
    tuner = Optimizer({name: nn.Parameter(torch.zeros(2, 2)) for name in names}, phase)
    sizes = {type(part).__name__: sum(len(g["params"]) for g in part.param_groups) for part in tuner.parts}
    assert sizes == {"AdamW": 1, "Muon": 1}
