"""The losses: cross entropy, CTC on speech rows, labels from their mean, and a guide for where attention heads look."""

from collections.abc import Sequence as Many
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .encoder import inside
from .grammar import LABELS
from .model import GUIDED_HEADS, GUIDED_LAYERS, PREVIOUS_LAYER, OsumNano
from .sequences import Sequence, lay_out, target_places

LABEL_SMOOTHING = 0.1  # for some labels there are but a few speakers
CHOICE_WEIGHT = 8.0  # of a reply's choice in the cross entropy: two or three in some sixteen ids


def ctc_loss(logits: Tensor, lengths: Tensor, targets: list[list[int]]) -> Tensor:
    """Mean of the CTC loss a target id over the items that have a target; items too short for theirs count 0.

    logits [batch, S, classes]; the last class is blank.
    """
    log_probabilities = logits.float().log_softmax(-1).transpose(0, 1)
    sizes = torch.tensor([len(target) for target in targets], device="cpu")
    flat = torch.tensor([i for target in targets for i in target], dtype=torch.long, device=logits.device)
    losses = F.ctc_loss(
        log_probabilities, flat, lengths, sizes, blank=logits.shape[2] - 1, reduction="none", zero_infinity=True
    )
    sizes = sizes.to(logits.device)
    known = sizes > 0
    return (losses[known] / sizes[known]).sum() / known.sum().clamp(min=1)


def row_loss(rows: Tensor, lengths: Tensor, logits: Tensor, classes: Tensor) -> Tensor:
    """Mean squared distance of rows [batch, S, width] from the classes that CTC reads in them, weighted by their
    probabilities, as a share of a class's own squared length. CTC alone leaves rows several times as long as what it
    reads in them, and a decoder trained on the classes themselves cannot read such rows.
    """
    with torch.no_grad():
        target = logits.float().softmax(-1).to(rows.dtype) @ classes.to(rows.dtype)
        length = classes.float().square().sum(-1).mean()
    spoken = inside(lengths, rows.shape[1]).to(rows.device)
    return (rows - target).float().square().sum(-1)[spoken].mean() / length


def label_loss(logits: dict[str, Tensor], labels: list[dict[str, str]]) -> Tensor:
    """Mean cross entropy of the labels that the clips carry, smoothed. logits: task -> [batch, labels of the task]."""
    losses = [
        F.cross_entropy(
            logits[task][n],
            torch.tensor(LABELS[task].index(label), device=logits[task].device),
            label_smoothing=LABEL_SMOOTHING,
        )
        for n, known in enumerate(labels)
        for task, label in known.items()
    ]
    return torch.stack(losses).mean() if losses else next(iter(logits.values())).new_zeros(())


def told_loss(logits: Tensor, told: Many[np.ndarray | None]) -> Tensor:
    """Mean cross entropy of the emotions of clips, logits [batch, emotions], to how probable a teacher finds each, over
    the clips of which it has told something.
    """
    known = {n: probable for n, probable in enumerate(told) if probable is not None}
    if not known:
        return logits.new_zeros(())
    return F.cross_entropy(logits[list(known)], logits.new_tensor(np.stack(list(known.values()))))


@torch.no_grad()
def ctc_alignment(logits: Tensor, lengths: Tensor, targets: list[list[int]]) -> list[list[tuple[int, int]]]:
    """The most likely CTC path of each target: for every id the span [first, last) of rows that speak it (Viterbi over
    the batch, on the host: its steps are many and small).
    """
    batch, rows, classes = logits.shape
    width = max(3, 2 * max(map(len, targets)) + 1)  # also of batches without any target
    paths = [[classes - 1] * width for _ in targets]
    for path, target in zip(paths, targets, strict=True):
        path[1 : 2 * len(target) : 2] = target
    states = torch.tensor(paths, device="cpu")
    wanted = states.to(logits.device)[:, None].expand(-1, rows, -1)
    scores = logits.float().log_softmax(-1).gather(2, wanted).cpu()
    skip = torch.zeros_like(states, dtype=torch.bool)
    skip[:, 3::2] = states[:, 3::2] != states[:, 1:-2:2]
    impossible = scores.new_tensor(-1e9)
    best = scores.new_full((batch, width), -1e9)
    best[:, :2] = scores[:, 0, :2]
    came = states.new_zeros(rows, batch, width, dtype=torch.int8)
    alive = torch.arange(rows, device=lengths.device)[:, None] < lengths
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


Look = tuple[int, int, int, int]  # sequence, position that looks, span [first, last) of positions to look at


def token_looks(sequences: list[Sequence]) -> list[Look]:
    """Each position that predicts an aligned token looks at the rows where that token is heard."""
    return [
        (b, s.prompt_length - 1 + n, s.speech_at + span[0], s.speech_at + span[1])
        for b, s in enumerate(sequences)
        for n, span in enumerate(s.alignment)
        if span is not None and span[1] > span[0]
    ]


def row_looks(sequences: list[Sequence]) -> list[Look]:
    """Each row of an aligned token looks at the rows of the token before it; the first at the mark where speech begins.

    With that the next heads find their place by content: the row that follows the one of the token just written.
    """
    looks = []
    for b, s in enumerate(sequences):
        before = (-1, 0)
        for span in sorted(span for span in s.alignment if span is not None and span[1] > span[0]):
            looks += [(b, s.speech_at + row, s.speech_at + before[0], s.speech_at + before[1]) for row in range(*span)]
            before = span
    return looks


def guide_loss(attention: list[Tensor], looks: list[Look]) -> Tensor:
    """-log of the attention that the guided heads of some layers pay to where they should look; mean over `looks`."""
    total = attention[0].new_zeros((), dtype=torch.float32)
    if not looks:
        return total
    device = attention[0].device
    item, at, low, high = torch.tensor(looks, device=device).T
    columns = torch.arange(attention[0].shape[-1], device=device)
    window = (columns >= low[:, None]) & (columns < high[:, None])
    for probabilities in attention:
        watched = probabilities[:, GUIDED_HEADS].transpose(1, 2)[item, at]  # [looks, heads, length]
        paid = (watched.float() * window[:, None]).sum(-1)
        total = total - paid.clamp(min=1e-4).log().mean()
    return total / len(attention)


def reply_loss(head: nn.Module, states: Tensor, sequences: list[Sequence]) -> Tensor:
    """Mean cross entropy of the intents that replies answer, read linearly from each state [batch, length, width] that
    predicts a choice of theirs: many replies begin alike, so that a first state which knows the intent does not keep a
    reply to it.
    """
    asked = [
        (b, s.prompt_length - 1 + place, s.reply.intent)
        for b, s in enumerate(sequences)
        if s.reply
        for place in s.choices
    ]
    if not asked:
        return states.new_zeros((), dtype=torch.float32)
    item, at, intents = torch.tensor(asked, device=states.device).T
    return F.cross_entropy(head(states[item, at]).float(), intents)


class DecoderLosses(NamedTuple):
    """Mean cross entropy of target ids, of intents to reply to, the guide's loss, and the cross entropy of each id
    [targets], detached.
    """

    words: Tensor
    reply: Tensor
    guide: Tensor
    each: Tensor


def decoder_losses(
    model: OsumNano, sequences: list[Sequence], speech: Tensor | None, guided: bool, weights: Tensor | None = None
) -> DecoderLosses:
    """`weights` [vocabulary]: what each id counts beside an ordinary one, of which the others do not take: the sum is
    divided by the number of ids. A reply's choice counts CHOICE_WEIGHT times as much, and what is unknown nothing.
    """
    watch = (PREVIOUS_LAYER, *GUIDED_LAYERS) if guided else ()
    states, attention = model.decoder(lay_out(model, sequences, speech), watch=watch)
    item, at, ids = target_places(sequences, states.device)
    each = F.cross_entropy(model.decoder.lm_head(states[item, at]).float(), ids, reduction="none")
    guide = states.new_zeros((), dtype=torch.float32)
    if guided:
        guide = guide_loss(attention[1:], token_looks(sequences)) + guide_loss(attention[:1], row_looks(sequences))
    count = each.new_tensor([_count(s, place) for s in sequences for place in range(len(s.target))])
    count = count if weights is None else count * weights[ids]
    words = (each * count).sum() / len(each)
    return DecoderLosses(words, reply_loss(model.chat_intents, states, sequences), guide, each.detach())


def _count(sequence: Sequence, place: int) -> float:
    if place in sequence.unknown:
        return 0.0
    return CHOICE_WEIGHT if place in sequence.choices else 1.0
