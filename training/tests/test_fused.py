from pathlib import Path

import pytest
import torch
from osum_training.checkpoint import read_checkpoint
from osum_training.config import PhaseConfig
from osum_training.encoder import Block
from osum_training.fused import eager, fused
from osum_training.trainer import Outcome, Stage, train
from torch import Tensor, nn

BACKEND = "aot_eager"  # traces and differentiates as inductor does, but needs no C++ compiler


def block() -> Block:
    torch.manual_seed(3)
    return Block(16, 2, 32, True, nn.functional.gelu)


def is_fused(model: Block) -> bool:
    return model._compiled_call_impl is not None


def learnt(model: Block, x: Tensor) -> tuple[Tensor, list[Tensor]]:
    """What the block gives, and the gradients of its square."""
    y = model(x, None)
    y.square().mean().backward()
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    model.zero_grad(set_to_none=True)
    return y.detach(), gradients


def test_fused_blocks_give_and_learn_what_eager_ones_do():
    model = block()
    shapes = [torch.randn(batch, length, 16) for batch, length in ((2, 5), (3, 9), (1, 4))]
    alone = [learnt(model, x) for x in shapes]
    with fused(model, True, BACKEND):
        assert is_fused(model)
        together = [learnt(model, x) for x in shapes]
    for (y, gradients), (fused_y, fused_gradients) in zip(alone, together, strict=True):
        torch.testing.assert_close(fused_y, y)
        torch.testing.assert_close(fused_gradients, gradients)


def test_blocks_are_eager_outside_and_where_it_is_asked_for():
    model = block()
    compiled = []

    def counting(graph, example):
        compiled.append(graph)
        return graph.forward

    with fused(model, True, counting):
        with eager():
            model(torch.randn(2, 5, 16), None)
        assert not compiled
        model(torch.randn(2, 6, 16), None)
        assert len(compiled) == 1
    model(torch.randn(2, 7, 16), None)
    assert len(compiled) == 1 and not is_fused(model)


def test_nothing_is_compiled_unless_wanted():
    model = block()
    with fused(model, False):
        assert not is_fused(model)


def block_stage(model: Block, folder: Path, processes: int) -> Stage:
    def step(x) -> Outcome:
        assert is_fused(model)
        return Outcome(model(x, None).square().mean(), 36.0)

    def batches(rng):
        while True:
            yield torch.randn(2, 6, 16)

    phase = PhaseConfig(hours=0.04, peak_lr=1e-3, warmup_steps=1, muon=False)
    return Stage("block", model, lambda _: True, batches, step, phase, folder, processes=processes, fused=True)


@pytest.mark.parametrize("processes", [1, 2])
def test_stages_train_fused_one_after_the_other_and_leave_their_model_eager(tmp_path: Path, monkeypatch, processes):
    monkeypatch.setattr("osum_training.trainer.fused", lambda model, wanted: fused(model, wanted, BACKEND))
    model = block()
    for name in ("first", "second"):
        before = {key: value.clone() for key, value in model.state_dict().items()}
        stage = block_stage(model, tmp_path / name, processes)
        train(stage)
        assert not is_fused(model)
        trained = read_checkpoint(stage.checkpoint)["model"]
        assert all(torch.equal(value, trained[key]) for key, value in model.state_dict().items())
        assert not all(torch.equal(value, trained[key]) for key, value in before.items())
