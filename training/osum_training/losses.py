"""The three losses: cross entropy on targets, CTC on speech rows, and a guide that shows two attention heads where each
token is heard.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from .model import OsumNano
from .sequences import Sequence, lay_out, target_places

GUIDED_LAYERS = (2, 3)
GUIDED_HEADS = 2  # of each guided layer
GUIDE_MARGIN = 1  # speech rows on both sides of the aligned span


def ctc_loss(logits: Tensor, lengths: Tensor, targets: list[list[int]]) -> Tensor:
    """Mean over the batch of the CTC loss a target id. logits [batch, S, classes]; the last class is blank. Impossible
    items count 0.
    """
    log_probabilities = logits.float().log_softmax(-1).transpose(0, 1)
    sizes = torch.tensor([len(target) for target in targets])
    flat = torch.tensor([i for target in targets for i in target])
    losses = F.ctc_loss(
        log_probabilities, flat, lengths, sizes, blank=logits.shape[2] - 1, reduction="none", zero_infinity=True
    )
    return (losses / sizes.clamp(min=1)).mean()


@torch.no_grad()
def ctc_alignment(logits: Tensor, lengths: Tensor, targets: list[list[int]]) -> list[list[tuple[int, int]]]:
    """The most likely CTC path of each target: for every id the span [first, last) of rows that speak it (Viterbi over
    the batch).
    """
    batch, rows, classes = logits.shape
    width = 2 * max(map(len, targets)) + 1
    states = torch.full((batch, width), classes - 1)
    for b, target in enumerate(targets):
        states[b, 1 : 2 * len(target) : 2] = torch.tensor(target)
    scores = logits.float().log_softmax(-1).gather(2, states[:, None].expand(-1, rows, -1))
    skip = torch.zeros(batch, width, dtype=torch.bool)
    skip[:, 3::2] = states[:, 3::2] != states[:, 1:-2:2]
    impossible = torch.tensor(-1e9)
    best = torch.full((batch, width), -1e9)
    best[:, :2] = scores[:, 0, :2]
    came = torch.zeros(rows, batch, width, dtype=torch.int8)
    alive = torch.arange(rows)[:, None] < lengths
    for t in range(1, rows):
        one = F.pad(best[:, :-1], (1, 0), value=-1e9)
        two = torch.where(skip, F.pad(best[:, :-2], (2, 0), value=-1e9), impossible)
        values, steps = torch.stack([best, one, two]).max(0)
        best = torch.where(alive[t, :, None], values + scores[:, t], best)
        came[t] = torch.where(alive[t, :, None], steps, 0).to(torch.int8)
    back = came.numpy()
    spans = []
    for b, target in enumerate(targets):
        last = 2 * len(target)
        state = last if best[b, last] >= best[b, last - 1] or not target else last - 1
        frames: list[list[int]] = [[] for _ in target]
        for t in range(int(lengths[b]) - 1, -1, -1):
            if state % 2 == 1:
                frames[state // 2].append(t)
            state -= int(back[t, b, state])
        spans.append([(min(f), max(f) + 1) if f else (0, 0) for f in frames])
    return spans


def guide_loss(attention: list[Tensor], sequences: list[Sequence]) -> Tensor:
    """-log of the attention that guided heads pay to the rows where the next token is heard; mean
    over aligned targets."""
    item, at, low, high = [], [], [], []
    for b, s in enumerate(sequences):
        for n, span in enumerate(s.alignment):
            if span is not None and span[1] > span[0]:
                item.append(b)
                at.append(s.prompt_length - 1 + n)
                low.append(s.speech_at + max(0, span[0] - GUIDE_MARGIN))
                high.append(s.speech_at + min(s.rows or 0, span[1] + GUIDE_MARGIN))
    if not item:
        return torch.zeros(())
    columns = torch.arange(attention[0].shape[-1])
    window = (columns >= torch.tensor(low)[:, None]) & (columns < torch.tensor(high)[:, None])
    total = torch.zeros(())
    for probabilities in attention:
        watched = probabilities[:, :GUIDED_HEADS].transpose(1, 2)[
            torch.tensor(item), torch.tensor(at)
        ]  # [targets, heads, length]
        paid = (watched.float() * window[:, None]).sum(-1)
        total = total - paid.clamp(min=1e-4).log().mean()
    return total / len(attention)


def decoder_losses(
    model: OsumNano, sequences: list[Sequence], speech: Tensor | None, guided: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Mean cross entropy over target ids, the guide's loss, and the cross entropy of each target id [targets]
    (detached).
    """
    states, attention = model.decoder(lay_out(model, sequences, speech), watch=GUIDED_LAYERS if guided else ())
    item, at, ids = target_places(sequences)
    each = F.cross_entropy(model.decoder.lm_head(states[item, at]).float(), ids, reduction="none")
    guide = guide_loss(attention, sequences) if guided else torch.zeros(())
    return each.mean(), guide, each.detach()
