"""Decoder sequences: prompt, speech rows, tail and target side by side in one padded batch of rows."""

from collections.abc import Sequence as Many
from dataclasses import dataclass, field

import torch
from torch import Tensor

from .model import OsumNano
from .tokenizer import PAD


@dataclass
class Sequence:
    """One training or serving sequence. `rows` is the number of speech rows, without the two that mark their ends;
    None: no speech.

    `alignment[i]` is the span [first, last) of speech rows that target[i] is read from, or None.
    """

    before: list[int]
    rows: int | None = None
    after: list[int] = field(default_factory=list)
    target: list[int] = field(default_factory=list)
    alignment: list[tuple[int, int] | None] = field(default_factory=list)

    @property
    def prompt_length(self) -> int:
        return len(self.before) + (0 if self.rows is None else self.rows + 2) + len(self.after)

    @property
    def length(self) -> int:
        return self.prompt_length + len(self.target)

    @property
    def speech_at(self) -> int:
        """Position of the first speech row."""
        return len(self.before) + 1


def lay_out(model: OsumNano, sequences: Many[Sequence], speech: Tensor | None) -> Tensor:
    """Rows [batch, length, width] of prompts and targets (all but a target's last id, which nothing follows).

    `speech` [speech sequences, S, width] holds the rows of the sequences that have speech, in their order.
    """
    inputs = [(s.before, s.after + s.target[:-1]) for s in sequences]
    length = max(s.prompt_length + max(0, len(s.target) - 1) for s in sequences)
    ids = torch.full((len(sequences), length), PAD)
    for b, (s, (before, rest)) in enumerate(zip(sequences, inputs, strict=True)):
        ids[b, : len(before)] = torch.tensor(before)
        start = s.prompt_length - len(s.after)
        ids[b, start : start + len(rest)] = torch.tensor(rest)
    x = model.decoder.embed(ids)
    spoken = [b for b, s in enumerate(sequences) if s.rows is not None]
    if not spoken or speech is None:
        return x
    counts = [sequences[b].rows or 0 for b in spoken]
    item = torch.cat([torch.full((count + 2,), b) for b, count in zip(spoken, counts, strict=True)])
    at = torch.cat(
        [
            torch.arange(len(sequences[b].before), sequences[b].speech_at + count + 1)
            for b, count in zip(spoken, counts, strict=True)
        ]
    )
    first, last = model.adapter.speech_token_emded.weight
    rows = torch.cat(
        [
            part
            for n, count in enumerate(counts)
            for part in (first[None].to(speech.dtype), speech[n, :count], last[None].to(speech.dtype))
        ]
    )
    return x.index_put((item, at), rows.to(x.dtype))


def target_places(sequences: Many[Sequence]) -> tuple[Tensor, Tensor, Tensor]:
    """For every target id: its sequence, the position whose state predicts it, and the id itself; all [targets]."""
    item = torch.cat([torch.full((len(s.target),), b) for b, s in enumerate(sequences)])
    at = torch.cat([torch.arange(len(s.target)) + s.prompt_length - 1 for s in sequences])
    return item, at, torch.tensor([i for s in sequences for i in s.target])
