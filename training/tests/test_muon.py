"""Muon's step against its definition, and against PyTorch's own in bf16."""

import pytest
import torch
from osum_training.muon import COEFFICIENTS, STEPS, Muon, orthogonalized
from torch import nn

SHAPES = [(48, 160), (160, 48), (64, 64), (48, 64)]


@pytest.mark.parametrize("shape", SHAPES[:2])
def test_singular_values_come_near_one_and_directions_stay(shape: tuple[int, int]):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(3))
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    values = torch.diagonal(left.T @ orthogonalized(matrix, torch.float32) @ right.T)
    assert values.min() > 0.6 and values.max() < 1.3


@pytest.mark.parametrize("shape", SHAPES)
def test_steps_are_those_of_pytorch(shape: tuple[int, int]):
    torch.manual_seed(5)
    own = nn.Parameter(0.05 * torch.randn(shape))
    theirs = nn.Parameter(own.detach().clone())
    start = own.detach().clone()
    mine = Muon([{"params": [own]}], 1e-2, 0.05, 0.95, torch.float32)
    reference = torch.optim.Muon([theirs], 1e-2, 0.05, 0.95, adjust_lr_fn="match_rms_adamw")
    for _ in range(4):
        own.grad = torch.randn(shape)
        theirs.grad = own.grad.clone()
        mine.step()
        reference.step()
    moved = (theirs - start).norm()
    assert moved > 0 and (own - theirs).norm() < 0.02 * moved


def test_long_rows_give_the_same_with_half_the_work():
    torch.manual_seed(7)
    matrix = torch.randn(48, 160)
    by_definition = matrix / matrix.norm()
    for _ in range(STEPS):
        gram = by_definition @ by_definition.T
        a, b, c = COEFFICIENTS
        by_definition = a * by_definition + (b * gram + c * gram @ gram) @ by_definition
    torch.testing.assert_close(orthogonalized(matrix, torch.float32), by_definition, rtol=1e-4, atol=1e-5)
