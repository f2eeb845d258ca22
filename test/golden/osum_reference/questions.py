"""Random questions: noise with tones, instructions, all modes."""

import torch
from torch import Tensor

from .tokenizer import INSTRUCTIONS
from .understand import Question

MODES = ("understand", "understand", "chat", "understand", "intent")


def question(index: int, seed: int) -> Question:
    generator = torch.Generator().manual_seed(100_003 * seed + index)
    mode = MODES[index % len(MODES)]
    instruction = INSTRUCTIONS[int(torch.randint(len(INSTRUCTIONS), (1,), generator=generator))]
    instruction += f" {int(torch.randint(1000, (1,), generator=generator))}"
    return Question(mode, instruction, torch.zeros(0) if mode == "intent" else samples(generator))


def samples(generator: torch.Generator) -> Tensor:
    """0.1 to 1 s; noise over all frequencies, so that no mel bin is so weak that float32 is not enough for it."""
    length = int(torch.randint(1600, 16_000, (1,), generator=generator))
    time = torch.arange(length) / 16_000
    pitch, rise = (torch.rand(2, generator=generator) * torch.tensor([600.0, 2000.0])).tolist()
    tone = 0.2 * torch.sin(6.283185 * ((100 + pitch) * time + rise * time**2))
    return (tone + 0.1 * torch.randn(length, generator=generator)).clamp(-1, 1).float()
