"""The three stages of the paper at this size: what is trained on what, and how each step's loss is made."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from .cache import FeatureCache
from .config import Config
from .instructions import Instructions
from .losses import ctc_alignment, ctc_loss, decoder_losses
from .model import OsumNano
from .score import TEST_SETS, Scorer
from .speech_batches import SpeechBatch, SpeechBatches, with_alignment
from .text_batches import CopyGame, TextBatches, game_rows
from .tokenizer import Tokenizer, train_tokenizer
from .trainer import Outcome, Stage, load_weights

CTC_WEIGHT = 0.5
GUIDE_WEIGHT = 0.1
TEXT_EVERY = 4  # joint steps between two text-only batches
WATCHED = {"librispeech-other-dev": None, "digit strings, unseen speaker": 24, "synthetic sentences": 40}


@dataclass
class Parts:
    """What all stages share."""

    config: Config
    data: Path
    work: Path
    model: OsumNano
    tokenizer: Tokenizer
    instructions: Instructions

    @property
    def runs(self) -> Path:
        return self.work / "runs"


def build(config: Config, data: Path, work: Path) -> Parts:
    """A fresh model from the seed, and the tokenizer (trained on first use)."""
    from .text import corpus

    instructions = Instructions(data)
    path = work / "tokenizer.model"
    if not path.exists():
        rng = random.Random(config.seed)
        train_tokenizer(path, corpus(data, rng), instructions.corpus(rng), config.decoder.vocab, config.seed)
    torch.manual_seed(config.seed)
    return Parts(config, data, work, OsumNano(config), Tokenizer(path), instructions)


def _stage(parts: Parts, number: int, **settings) -> Stage:
    config = parts.config
    shared = dict(
        name=f"stage{number}",
        model=parts.model,
        phase=getattr(config, f"stage{number}"),
        folder=parts.runs,
        seed=config.seed,
        processes=config.processes,
        average_every=config.average_every,
        checkpoint_seconds=config.checkpoint_seconds,
    )
    return Stage(**(shared | settings))


def _autocast() -> torch.autocast:
    return torch.autocast("cpu", torch.bfloat16)


def stage1(parts: Parts) -> Stage:
    """Alignment of the adapter: its rows learn to lie at the (frozen) embeddings of the words and labels heard, by CTC
    alone.

    The paper aligns through the frozen language model. At this size there is no language model yet that could guide the
    adapter, and
    CTC against its embeddings gives the same goal directly.
    """
    cache = FeatureCache(parts.work / "features")
    batches = SpeechBatches(cache, parts.tokenizer, parts.instructions, parts.config.stage1.batch_seconds)

    def step(batch: SpeechBatch) -> Outcome:
        with _autocast():
            speech, rows = parts.model.adapter(batch.features, batch.lengths)
            loss = ctc_loss(parts.model.ctc_logits(speech), rows, batch.ctc)
        return Outcome(loss, batch.seconds, {"ctc": float(loss.detach())})

    def evaluate() -> dict[str, float]:
        return _watch(parts, cache, decoder=False)

    def trained(name: str) -> bool:
        return name.startswith("adapter.") and "speech_token_emded" not in name

    return _stage(parts, 1, trained=trained, batches=batches, step=step, evaluate=evaluate)


def _values(losses: dict[str, Tensor]) -> dict[str, float]:
    return {name: float(loss.detach()) for name, loss in losses.items()}


@dataclass
class GameBatch:
    games: list[CopyGame]
    intents: list
    difficulty: float


def stage2(parts: Parts) -> Stage:
    """Text only: instructions to tags, and the copying game that readies the decoder for rows of speech."""
    batches = TextBatches(parts.data, parts.tokenizer, parts.instructions)
    level = Difficulty()

    def draw(rng: random.Random) -> Iterator[GameBatch]:
        for games in batches.games(rng, lambda: level.value):
            yield GameBatch(games, batches.intents(rng, 12), level.value)

    def step(batch: GameBatch) -> Outcome:
        with _autocast():
            game, guide, each = _play(parts.model, batch.games, batch.difficulty)
            intent, _, _ = decoder_losses(parts.model, batch.intents, None, guided=False)
        at_random = torch.tensor([g.random_target for g in batch.games for _ in g.sequence.target])
        if bool(at_random.any()):
            level.follow(float(each[at_random].mean()))
        losses = {"copy": game, "guide": guide, "intent": intent}
        figures = {"random": level.loss, "difficulty": level.value} | _values(losses)
        seconds = sum(len(g.shown) for g in batch.games) / 12.5
        return Outcome(game + intent + 3 * GUIDE_WEIGHT * guide, seconds, figures)

    def trained(name: str) -> bool:
        return (name.startswith("decoder.") and "embed_tokens" not in name) or "speech_token_emded" in name

    def evaluate() -> dict[str, float]:
        scorer = Scorer(parts.model, FeatureCache(parts.work / "features"), parts.tokenizer)
        return {"intent": scorer.exact_tags(parts.instructions.validation)}

    return _stage(parts, 2, trained=trained, batches=draw, step=step, evaluate=evaluate)


class Difficulty:
    """Rises by a hundredth whenever the loss on random targets, smoothed, is below what the present
    difficulty allows."""

    def __init__(self, value: float = 0.0):
        self.value, self.loss = value, 8.0

    def follow(self, loss: float) -> None:
        self.loss += 0.1 * (loss - self.loss)
        if self.loss < 0.9 + 1.0 * self.value:
            self.value = min(1.0, self.value + 0.01)


def _play(model: OsumNano, games: list[CopyGame], difficulty: float) -> tuple[Tensor, Tensor, Tensor]:
    return decoder_losses(model, [g.sequence for g in games], game_rows(model, games, difficulty), guided=True)


def stage3(parts: Parts) -> Stage:
    """Joint: instruction and audio to tags and result, with text-only batches mixed in. Adapter and decoder are both
    trained.
    """
    cache = FeatureCache(parts.work / "features")
    speech_batches = SpeechBatches(cache, parts.tokenizer, parts.instructions, parts.config.stage3.batch_seconds)
    text_batches = TextBatches(parts.data, parts.tokenizer, parts.instructions, positions=1000)
    model = parts.model

    def draw(rng: random.Random) -> Iterator[tuple[SpeechBatch, GameBatch | None]]:
        games = text_batches.games(rng, lambda: 1.0)
        for n, batch in enumerate(speech_batches(rng)):
            text = GameBatch(next(games), text_batches.intents(rng, 24), 1.0) if n % TEXT_EVERY == 0 else None
            yield batch, text

    def step(batch: tuple[SpeechBatch, GameBatch | None]) -> Outcome:
        heard, text = batch
        with _autocast():
            speech, rows = model.adapter(heard.features, heard.lengths)
            logits = model.ctc_logits(speech)
            ctc = ctc_loss(logits, rows, heard.ctc)
            spans = ctc_alignment(logits, rows, heard.ctc)
            sequences = [with_alignment(*item) for item in zip(heard.sequences, heard.ctc, spans, strict=True)]
            ce, guide, _ = decoder_losses(model, sequences, speech, guided=True)
            loss = ce + CTC_WEIGHT * ctc + GUIDE_WEIGHT * guide
            figures = _values({"ce": ce, "ctc": ctc, "guide": guide})
            if text:
                game, _, _ = _play(model, text.games, text.difficulty)
                intent, _, _ = decoder_losses(model, text.intents, None, guided=False)
                loss = loss + 0.3 * game + 0.3 * intent
                figures |= _values({"copy": game, "intent": intent})
        return Outcome(loss, heard.seconds, figures)

    def evaluate() -> dict[str, float]:
        return _watch(parts, cache, decoder=True)

    return _stage(parts, 3, trained=lambda name: True, batches=draw, step=step, evaluate=evaluate)


def start_of_stage3(parts: Parts) -> None:
    """Adapter and blank of stage 1, decoder and speech marks of stage 2."""
    if not (parts.runs / "stage3.pt").exists():
        load_weights(parts.model, parts.runs / "stage2.pt")
        adapter = torch.load(parts.runs / "stage1.pt", weights_only=True)["smooth"]
        own = {
            name: value
            for name, value in adapter.items()
            if name.startswith("adapter.") and "speech_token_emded" not in name
        }
        parts.model.load_state_dict(own, strict=False)


def _watch(parts: Parts, cache: FeatureCache, decoder: bool) -> dict[str, float]:
    """The few scores that are followed while training."""
    scorer = Scorer(parts.model, cache, parts.tokenizer)
    figures = {}
    with torch.autocast("cpu", torch.bfloat16):
        for test in TEST_SETS:
            if test.task == "asr" and test.name in WATCHED:
                by_decoder, by_ctc, _ = scorer.word_error_rate(
                    replace(test, limit=WATCHED[test.name] or test.limit), decoder
                )
                figures |= {f"{test.name} ctc": by_ctc} | ({test.name: by_decoder} if decoder else {})
            elif test.task != "asr" and decoder:
                figures[f"{test.task} {test.name.split(',')[0]}"] = scorer.accuracy(replace(test, limit=60))[1]
        if decoder:
            figures["intent"] = scorer.exact_tags(parts.instructions.validation)
    return figures
