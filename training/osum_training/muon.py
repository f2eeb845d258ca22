"""Muon: momentum made orthogonal by Newton and Schulz's iteration, for matrices.

torch.optim.Muon does the same with the iteration in bf16, which CPUs without instructions for it multiply twenty times
slower than float32; here its type can be chosen.
"""

from collections.abc import Callable, Iterable
from typing import overload

import torch
from torch import Tensor, nn

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the quintic, as published by Keller Jordan
STEPS = 5


def orthogonalized(matrix: Tensor, dtype: torch.dtype) -> Tensor:
    """[rows, columns] -> about U V^T of its singular value decomposition: all singular values come near 1."""
    a, b, c = COEFFICIENTS
    tall = matrix.shape[0] > matrix.shape[1]
    x = (matrix.T if tall else matrix).to(dtype, copy=True)
    x.div_(x.norm().clamp(min=1e-7))
    if dtype == torch.float32 and x.shape[1] >= 2 * x.shape[0]:
        x = _gathered(x @ x.T) @ x
    else:
        for _ in range(STEPS):
            gram = x @ x.T
            x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if tall else x


def _gathered(gram: Tensor) -> Tensor:
    """The product of all iterations' factors, which follow from the Gram matrix alone: half the work for long rows, but
    its rounding is squared, so that only float32 bears it.
    """
    a, b, c = COEFFICIENTS
    product = None
    for step in range(STEPS):
        factor = torch.addmm(gram, gram, gram, beta=b, alpha=c)
        factor.diagonal().add_(a)
        product = factor if product is None else factor @ product
        if step < STEPS - 1:
            gram = factor @ gram @ factor
    assert product is not None
    return product


def operations(matrix: Tensor) -> int:
    """Multiplications of the iteration for a matrix, in proportion."""
    short, long = sorted(matrix.shape)
    return short * short * (2 * long + short)


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, decoupled weight decay, and a step scaled to the size of AdamW's. `parameters` are groups of
    matrices; `dtype` is what the iteration works in. Of the matrices in `others` only the momentum is kept: another
    process computes their steps from the same gradients.
    """

    def __init__(
        self,
        parameters: list[dict],
        lr: float,
        weight_decay: float,
        momentum: float,
        dtype: torch.dtype,
        others: Iterable[nn.Parameter] = (),
    ):
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})
        self.dtype, self.others = dtype, set(others)

    @overload
    def step(self, closure: None = ...) -> None: ...

    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Updates every parameter that has a gradient. `closure` computes the gradients anew and returns their loss,
        which is then the result.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._step(parameter, parameter.grad, group)
        return loss

    def _step(self, parameter: nn.Parameter, gradient: Tensor, group: dict) -> None:
        state = self.state[parameter]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(gradient)
        momentum = state["momentum_buffer"].lerp_(gradient, 1 - group["momentum"])
        if parameter in self.others:
            return
        update = orthogonalized(gradient.lerp(momentum, group["momentum"]), self.dtype)
        size = 0.2 * max(parameter.shape) ** 0.5
        parameter.mul_(1 - group["lr"] * group["weight_decay"])
        parameter.add_(update.to(parameter.dtype), alpha=-group["lr"] * size)
