"""The whole model: prompts, speech and greedy decoding (reference, sections 5.2 and 6)."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from .cases import Case
from .language_model import LanguageModel
from .log_mel import log_mel
from .prompts import INTENT_PREFIX, SEQUENCES, Given
from .tokenizer import PanguTokenizer
from .weights import all_weights
from .wenet import Tap, adapt, encode


@dataclass
class Question:
    mode: str
    """understand, chat or intent."""
    instruction: str
    samples: Tensor
    """float32, 16 kHz; of no length for intent."""


@dataclass
class Answer:
    ids: list[int]
    logits: Tensor
    """Of the first token, float32."""
    gap: float
    """How much better the chosen token was than the next one, at the closest step; in float32 logits."""


class Osum:
    """`dtype` is what is computed in; the weights are bf16 either way."""

    def __init__(self, case: Case, folder: Path, dtype: torch.dtype):
        speech, language, factors = all_weights(case)
        self.case, self.dtype = case, dtype
        self.tokenizer = PanguTokenizer.load(folder / "llm" / "tokenizer.model")
        self.speech = {name: tensor.to(dtype) for name, tensor in speech.items()}
        self.language = LanguageModel(case, {n: t.to(dtype) for n, t in {**language, **factors}.items()})

    @torch.no_grad()
    def answer(self, question: Question, tokens: int, penalty: float = 1.05, tap: Tap | None = None) -> Answer:
        """Greedy: the penalty falls on generated tokens only, ties go to the lowest id, it stops at the end token."""
        silent: Tap = lambda name, tensor: None  # noqa: E731
        cache: list[tuple[Tensor, Tensor]] = []
        logits = self.language.forward(self.prompt(question, tap or silent), cache, tap or silent)
        first = logits.float()
        ids: list[int] = []
        gap = float("inf")
        while True:
            scores = logits.float()
            seen = torch.tensor(sorted(set(ids)), dtype=torch.long)
            scores[seen] = torch.where(scores[seen] < 0, scores[seen] * penalty, scores[seen] / penalty)
            best = scores.max()
            chosen = int((scores == best).nonzero()[0])
            gap = min(gap, float(best - scores[torch.arange(len(scores)) != chosen].max()))
            ids.append(chosen)
            if chosen == self.tokenizer.eos or len(ids) == tokens:
                return Answer(ids, first, gap)
            logits = self.language.forward(self.language.embed([chosen]), cache, silent)

    def prompt(self, question: Question, tap: Tap) -> Tensor:
        """Embeddings of the sequence: each text is tokenised by a call of its own."""
        rows = []
        for part, bos in SEQUENCES[question.mode]:
            if part is Given.SPEECH:
                rows.append(self.hear(question.samples, tap))
            else:
                prefix = INTENT_PREFIX if question.mode == "intent" else ""
                text = prefix + question.instruction if part is Given.INSTRUCTION else part
                rows.append(self.language.embed(self.tokenizer.encode(text, bos)))
        return torch.cat(rows)

    def hear(self, samples: Tensor, tap: Tap) -> Tensor:
        mel = log_mel(samples, self.case.encoder.mel_bins).to(self.dtype)
        tap("features", mel)
        hidden = encode(self.speech, self.case.encoder, mel, tap)
        return adapt(self.speech, self.case.adapter, hidden, tap)
