"""Blocks of the networks as PyTorch's compiler makes them: on a CPU, where an eager training step spends more than half
of its time in passes over memory between the matrix products, these passes become a few kernels.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import torch
from torch import nn

from .decoder import DecoderLayer
from .encoder import Block

_FORMS = 64  # of a block: networks, padding, gradients, watched attention, dropout, a batch of one


@contextmanager
def fused(model: nn.Module, wanted: bool, backend: str | Callable = "inductor") -> Iterator[None]:
    """Compiles the model's blocks at their first use inside, for batches of any shape, if `wanted`; outside they are
    eager again. Inductor needs a C++ compiler and some two minutes for the forms that joint training uses; it keeps
    what it made, so that later runs begin at once.
    """
    blocks = [module for module in model.modules() if isinstance(module, Block | DecoderLayer)] if wanted else []
    if blocks:
        torch._inductor.config.compile_threads = 1  # trainers are forked, one a core
        torch._dynamo.config.recompile_limit = max(_FORMS, torch._dynamo.config.recompile_limit)
    for block in blocks:
        block.compile(dynamic=True, backend=backend)
    try:
        yield
    finally:
        for block in blocks:
            block._compiled_call_impl = None


def eager() -> AbstractContextManager:
    """A context in which compiled blocks run eagerly: decoding step by step has shapes of its own."""
    stance: AbstractContextManager = torch.compiler.set_stance("force_eager")
    return stance
