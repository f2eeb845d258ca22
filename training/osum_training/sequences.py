"""Decoder sequences: prompt, speech rows, tail and target side by side in one padded batch of rows."""

from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from .model import OsumNano
from .tokenizer import PAD


class Reply(NamedTuple):
    """The number of the intent that a reply answers, and the places in a target of its choices: ids of which the ones
    before leave open what follows, so that only what was said tells.
    """

    intent: int
    choices: tuple[int, ...]


@dataclass
class Sequence:
    """One training or serving sequence. `rows` is the number of speech rows, without the two that mark their ends;
    None: no speech.

    `alignment[i]` is the span [first, last) of speech rows that target[i] is read from, or None. `unknown`: places in
    the target that were filled at random, since nobody knows what belongs there; they are told, and not learnt.
    """

    before: list[int]
    rows: int | None = None
    after: list[int] = field(default_factory=list)
    target: list[int] = field(default_factory=list)
    alignment: list[tuple[int, int] | None] = field(default_factory=list)
    written: list[int] = field(default_factory=list)  # what the decoder is told that it wrote, if not the target
    reply: Reply | None = None  # of the closed chat domain
    unknown: Many[int] = ()

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

    @property
    def choices(self) -> tuple[int, ...]:
        """The places of the reply's choices in the target; none without a reply."""
        return self.reply.choices if self.reply else ()


def lay_out(model: OsumNano, sequences: Many[Sequence], speech: Tensor | None) -> Tensor:
    """Rows [batch, length, width] of prompts and targets (all but a target's last id, which nothing follows).

    `speech` [speech sequences, S, width] holds the rows of the sequences that have speech, in their order.
    """
    inputs = [(s.before, s.after + (s.written or s.target)[:-1]) for s in sequences]
    length = max(s.prompt_length + max(0, len(s.target) - 1) for s in sequences)
    rows_of_ids = []
    for s, (before, rest) in zip(sequences, inputs, strict=True):
        ids = before + [PAD] * (s.prompt_length - len(s.after) - len(before)) + rest
        rows_of_ids.append(ids + [PAD] * (length - len(ids)))
    device = model.decoder.lm_head.weight.device
    x = model.decoder.embed(torch.tensor(rows_of_ids, device=device))
    spoken = [b for b, s in enumerate(sequences) if s.rows is not None]
    if not spoken or speech is None:
        return x
    counts = [sequences[b].rows or 0 for b in spoken]
    places = [
        (b, position)
        for b, count in zip(spoken, counts, strict=True)
        for position in range(len(sequences[b].before), sequences[b].speech_at + count + 1)
    ]
    item, at = torch.tensor(places, device=device).T
    first, last = model.adapter.speech_token_emded.weight
    rows = torch.cat(
        [
            part
            for n, count in enumerate(counts)
            for part in (first[None].to(speech.dtype), speech[n, :count], last[None].to(speech.dtype))
        ]
    )
    return x.index_put((item, at), rows.to(x.dtype))


def target_places(sequences: Many[Sequence], device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """For every target id: its sequence, the position whose state predicts it, and the id itself; all [targets]."""
    places = [(b, s.prompt_length - 1 + n, token) for b, s in enumerate(sequences) for n, token in enumerate(s.target)]
    item, at, ids = torch.tensor(places, device=device).T
    return item, at, ids
