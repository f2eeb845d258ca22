"""Greedy decoding as the product serves it: a penalty on ids generated before, ties to the lowest id, an end at eos, or
where an answer goes on repeating itself.
"""

from collections.abc import Sequence as Many

import torch
from torch import Tensor

from .decoder import Cache
from .model import OsumNano
from .sequences import Sequence, lay_out
from .tokenizer import EOS

REPETITION_PENALTY = 1.05
REPETITION = {"times": 3, "tokens": 24}  # that end an answer: of one pattern in a row, and of its ids in all
LONGEST_PATTERN = 64


def penalise(logits: Tensor, generated: Tensor, penalty: float = REPETITION_PENALTY) -> Tensor:
    """logits [batch, vocabulary] float32, generated [batch, vocabulary] bool -> scores; each id
    counts once, eos too."""
    return torch.where(generated, torch.where(logits < 0, logits * penalty, logits / penalty), logits)


def repeats(answer: list[int]) -> bool:
    """Whether an answer ends with a pattern of up to 64 ids as often, and in as many ids, as REPETITION says."""
    for size in range(1, LONGEST_PATTERN + 1):
        length = max(REPETITION["times"] * size, REPETITION["tokens"])
        if length <= len(answer) and (last := answer[-length:])[size:] == last[:-size]:
            return True
    return False


@torch.inference_mode()
def greedy(model: OsumNano, prompts: Many[Sequence], speech: Tensor | None, limit: int = 200) -> list[list[int]]:
    """Continues every prompt until eos, a repetition or `limit` ids; returns the ids without eos. A batch gives what
    each prompt gives alone.
    """
    config, count = model.decoder.config, len(prompts)
    x = lay_out(model, prompts, speech)
    device = x.device
    items = torch.arange(count, device=device)
    lengths = torch.tensor([prompt.prompt_length for prompt in prompts], device=device)
    capacity = min(config.max_positions, x.shape[1] + limit)
    caches = [Cache(count, config, capacity, x) for _ in range(config.layers)]
    positions = torch.arange(x.shape[1], device=device).repeat(count, 1)
    states = None
    generated = torch.zeros(count, config.vocab, dtype=torch.bool, device=device)
    done = torch.zeros(count, dtype=torch.bool, device=device)
    answers: list[list[int]] = [[] for _ in prompts]
    for new in range(capacity - x.shape[1]):
        for cache in caches:
            cache.at = positions
        out, _ = model.decoder(x, caches)
        states = out[items, lengths - 1] if new == 0 else out[:, 0]
        chosen = penalise(model.decoder.lm_head(states).float(), generated).argmax(-1)
        done |= chosen == EOS
        if bool(done.all()):
            break
        generated[items, chosen] = True
        for row in (~done).nonzero().flatten().tolist():
            answers[row].append(int(chosen[row]))
            done[row] = repeats(answers[row])
        x, positions = model.decoder.embed(chosen[:, None]), (lengths + new)[:, None]
    return answers


@torch.inference_mode()
def ctc_greedy(logits: Tensor, lengths: Tensor) -> list[list[int]]:
    """The best class of each row, repeats merged, blanks dropped."""
    blank = logits.shape[2] - 1
    texts = []
    for row, length in zip(logits.argmax(-1), lengths.tolist(), strict=True):
        best = row[:length].tolist()
        texts.append([token for n, token in enumerate(best) if token != blank and (n == 0 or best[n - 1] != token)])
    return texts
