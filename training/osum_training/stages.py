"""The three stages of the paper at this size: what is trained on what, and how each step's loss is made."""

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from .cache import FeatureCache
from .channel_measurement import measured_channel
from .checkpoint import load_weights, read_checkpoint
from .config import PhaseConfig
from .device import autocast, working_type
from .emotion_teacher import EmotionTeacher
from .errors import InputError
from .fingerprint import Fingerprint
from .heard_rows import heard_rows
from .lora import add_lora, has_lora, is_lora, merge_lora
from .losses import ctc_alignment, ctc_loss, decoder_losses, label_loss, row_loss, told_loss
from .masking import masked
from .parts import Parts
from .plots import refresh_plots
from .score import Scorer
from .speech_batches import SpeechBatch, SpeechBatches, with_alignment
from .text_batches import CopyGame, TextBatches
from .text_steps import REPLY_WEIGHT, TextBatch, draw_text, read_text
from .trainer import Outcome, Stage
from .watched_scores import watched_scores

CTC_WEIGHT = 1.0  # beside the decoder's loss
HEARD_SHARE = 0.2  # of the gradient that the decoder sends to the rows: whole, it would outweigh CTC's several times
GUIDE_WEIGHT = 0.3
LETTERS_WEIGHT = 0.5  # of the letters read from the downsampler: few classes, so that they are learnt early
POOLED_WEIGHT = 0.5  # of the labels read from the mean of the rows
TOLD_WEIGHT = 5.0  # of the emotions read there that a teacher tells: fine differences, that louder losses drown
ROWS_WEIGHT = 0.3  # of the distance between rows and what CTC reads in them
JOINT_DIFFICULTY = 0.5  # of games beside speech at least: rows without mistakes would teach nothing there
TOO_HARD = 0.4  # nats above what lets the copying game's difficulty rise
LABEL_WEIGHT = 8.0  # of a label in the cross entropy: one id beside some thirty of a transcript


def _stage(parts: Parts, name: str, phase: PhaseConfig, **settings) -> Stage:
    config = parts.config
    parts.model.set_dropout(phase.dropout, phase.decoder_dropout)
    return Stage(
        name=name,
        model=parts.model,
        phase=phase,
        folder=parts.runs,
        seed=config.seed,
        processes=config.processes,
        fused=config.fused,
        average_every=config.average_every,
        checkpoint_seconds=config.checkpoint_seconds,
        evaluate_seconds=config.evaluate_seconds,
        configuration=parts.fingerprint | _lora_settings(parts, phase),
        after_evaluation=(lambda: refresh_plots(parts.runs)) if config.plots else None,
        **settings,
    )


def _lora_settings(parts: Parts, phase: PhaseConfig) -> Fingerprint:
    """What a checkpoint of the phase says about LoRA; its matrices are merged by these numbers."""
    lora = parts.config.lora
    settings: Fingerprint = {"lora": phase.lora}
    if phase.lora:
        settings |= {"lora.rank": lora.rank, "lora.alpha": lora.alpha}
    return settings


def shape_decoder(parts: Parts, phase: PhaseConfig) -> None:
    """Gives the decoder LoRA layers, or merges those that it has, as the phase wants it."""
    if phase.lora and not has_lora(parts.model.decoder):
        add_lora(parts.model.decoder, parts.config.lora)
    elif not phase.lora:
        merge_lora(parts.model.decoder)


def _trained(phase: PhaseConfig, whole: Callable[[str], bool]) -> Callable[[str], bool]:
    """What `whole` says, but with LoRA only its matrices inside the decoder."""
    if not phase.lora:
        return whole
    return lambda name: is_lora(name) if name.startswith("decoder.") else whole(name)


def speech_batches(parts: Parts, cache: FeatureCache, phase: PhaseConfig, for_ctc: bool = False) -> SpeechBatches:
    """A phase's batches of the cache's clips."""
    weights, taught = parts.source_weights(), parts.config.data.taught_emotions
    teacher = EmotionTeacher.fitted(cache, random.Random(parts.config.seed)) if taught else None
    return SpeechBatches(
        cache, parts.tokenizer, parts.instructions, phase.batch_seconds, for_ctc, weights, phase.repetition, teacher
    )


class Heard(NamedTuple):
    """The rows of a batch and their lengths, CTC's logits for them, and the losses of what is read from them: pieces
    and letters by CTC, labels.
    """

    rows: Tensor
    lengths: Tensor
    logits: Tensor
    losses: dict[str, Tensor]


def _hear(parts: Parts, batch: SpeechBatch, phase: PhaseConfig) -> Heard:
    """Hears a batch, through masks if the phase wants them."""
    model = parts.model
    whole = batch.whole(phase.synthetic_masks)
    features = masked(batch.features, batch.lengths, whole) if phase.masks else batch.features
    shown = features.to(parts.device, working_type(parts.device))
    heard = model.hear_closely(shown, batch.lengths)
    logits = model.ctc_logits(heard.rows)
    labels, pooled = [clip.labels for clip in batch.clips], model.label_logits(heard.rows, heard.lengths)
    losses = {
        "ctc": ctc_loss(logits, heard.lengths, batch.ctc),
        "letters": ctc_loss(model.letters(heard.halved), heard.half_lengths, batch.letters),
        "rows": row_loss(heard.rows, heard.lengths, logits, model.ctc_classes()),
        "labels": label_loss(pooled, labels),
        "told": told_loss(pooled["emotion"], batch.told),
    }
    return Heard(heard.rows, heard.lengths, logits, losses)


def _aligned(losses: dict[str, Tensor], ctc_weight: float) -> Tensor:
    weights = {"letters": LETTERS_WEIGHT, "rows": ROWS_WEIGHT, "labels": POOLED_WEIGHT, "told": TOLD_WEIGHT}
    return ctc_weight * losses["ctc"] + sum(weight * losses[name] for name, weight in weights.items())


def stage1(parts: Parts) -> Stage:
    """Alignment of the adapter: its rows learn to lie at the (frozen) embeddings of the words and labels heard, by CTC
    alone.

    The paper aligns through the frozen language model. At this size there is no language model yet that could guide the
    adapter, and CTC against its embeddings gives the same goal directly.
    """
    return _alignment(parts, "stage1", parts.config.stage1, _of_adapter)


def stage1_encoder(parts: Parts) -> Stage:
    """The second half of stage 1: the encoder's upper layers are trained along with the adapter."""
    first = parts.config.encoder.frozen
    phase = parts.config.stage1_encoder
    return _alignment(parts, "stage1-encoder", phase, lambda name: _of_adapter(name) or of_upper_encoder(name, first))


def _of_adapter(name: str) -> bool:
    return name.startswith(("adapter.", "labels.", "letters.", "blank")) and "speech_token_emded" not in name


def of_upper_encoder(name: str, first: int) -> bool:
    """Whether a parameter belongs to the encoder's layers from `first` on, or to its last norm."""
    parts = name.split(".")
    return parts[0] == "encoder" and (parts[1] == "after_norm" or (parts[1] == "encoders" and int(parts[2]) >= first))


def _alignment(parts: Parts, name: str, phase: PhaseConfig, trained: Callable[[str], bool]) -> Stage:
    cache = parts.open_cache()
    batches = speech_batches(parts, cache, phase, for_ctc=True)

    def step(batch: SpeechBatch) -> Outcome:
        with autocast(parts.device):
            losses = _hear(parts, batch, phase).losses
        return Outcome(_aligned(losses, 1.0), batch.seconds, _values(losses))

    def evaluate() -> dict[str, float]:
        return watched_scores(parts, cache, decoder=False)

    return _stage(parts, name, phase, trained=trained, batches=batches, step=step, evaluate=evaluate)


def _values(losses: dict[str, Tensor]) -> dict[str, float]:
    return {name: float(loss.detach()) for name, loss in losses.items()}


def stage2(parts: Parts) -> Stage:
    """Text only: instructions to tags, and the copying game that readies the decoder for rows of speech."""
    batches = TextBatches(parts.data, parts.tokenizer, parts.instructions, channel=measured_channel(parts))
    level, weights, amounts = Difficulty(), _weights(parts), parts.config.text

    def draw(rng: random.Random) -> Iterator[TextBatch]:
        return draw_text(batches, rng, lambda: level.value, amounts.instructions, amounts.running)

    def step(batch: TextBatch) -> Outcome:
        with autocast(parts.device):
            text = read_text(parts.model, batch, weights)
        level.follow(batch.games, text.each)
        figures = {"random": level.loss, "difficulty": level.value} | _values(text.taught | {"guide": text.guide})
        seconds = sum(len(g.shown) for g in batch.games) / 12.5
        return Outcome(text.total + text.guide, seconds, figures)

    def evaluate() -> dict[str, float]:
        parts.model.eval()
        scorer, most = Scorer(parts.model, parts.open_cache(), parts.tokenizer), parts.config.evaluate_prompts
        return {
            "intent, published": scorer.exact_tags(parts.instructions.validation[:most]),
            "intent": scorer.exact_tags(parts.instructions.held_out[::2][: 2 * most]),
        }

    phase = parts.config.stage2
    settings = {"batches": draw, "step": step, "evaluate": evaluate, "progress": level}
    return _stage(parts, "stage2", phase, trained=_trained(phase, _decoder_only), **settings)


class Difficulty:
    """Of the copying game: rises by a hundredth whenever the smoothed loss on random targets allows it, and falls by
    one, to `least` at lowest, where that loss, which follows slowly, shows that it rose too far.
    """

    def __init__(self, least: float = 0.0):
        self.value, self.least, self.loss = least, least, 8.0

    def follow(self, games: list[CopyGame], losses: Tensor) -> None:
        """`losses` [targets of all games] are cross entropies."""
        at_random = [n for n, game in enumerate(g for g in games for _ in g.sequence.target) if game.random_target]
        if at_random:
            self.loss += 0.1 * (float(losses[at_random].mean()) - self.loss)
        allowed = 1.4 + self.value
        if self.loss < allowed:
            self.value = min(1.0, self.value + 0.01)
        elif self.loss > allowed + TOO_HARD:
            self.value = max(self.least, self.value - 0.01)

    def state_dict(self) -> dict[str, float]:
        return {"value": self.value, "loss": self.loss}

    def load_state_dict(self, state: dict[str, float]) -> None:
        self.value, self.loss = max(self.least, state["value"]), state["loss"]


def _weights(parts: Parts) -> Tensor:
    """How much each id counts in the cross entropy [vocabulary]."""
    weights = torch.ones(parts.config.decoder.vocab, device=parts.device)
    weights[parts.tokenizer.label_ids()] = LABEL_WEIGHT
    return weights


def read_stage(parts: Parts) -> Stage:
    """The first half of stage 3: the decoder alone learns to read the adapter's rows, which stay as stage 1 left them.

    Steps are then small and quick: rows are heard once, and neither the adapter's gradient nor its optimiser has to be
    computed.
    """

    @torch.no_grad()
    def hear(batch: SpeechBatch) -> Heard:
        rows = batch.features.to(parts.device, torch.float32)
        return Heard(rows, batch.lengths, parts.model.ctc_logits(rows), {})

    return _audio_stage(parts, "stage3-read", parts.config.read, _decoder_only, heard_rows(parts), hear)


def joint_stage(parts: Parts) -> Stage:
    """The second half of stage 3: instruction and audio to tags and result; adapter and decoder are both trained."""
    first, phase = parts.config.encoder.frozen, parts.config.stage3

    def trained(name: str) -> bool:
        return not name.startswith("encoder.") or of_upper_encoder(name, first)

    def hear(batch: SpeechBatch) -> Heard:
        heard = _hear(parts, batch, phase)
        return heard._replace(rows=heard.rows.detach().lerp(heard.rows, HEARD_SHARE))

    return _audio_stage(parts, "stage3", phase, trained, parts.open_cache(), hear)


def _audio_stage(
    parts: Parts,
    name: str,
    phase: PhaseConfig,
    trained: Callable[[str], bool],
    cache: FeatureCache,
    hear: Callable[[SpeechBatch], Heard],
) -> Stage:
    """`hear` turns a batch of the cache into rows, with the losses of what is read from them, if they are trained."""
    spoken_batches = speech_batches(parts, cache, phase)
    channel = measured_channel(parts)
    amounts = parts.config.text
    text_batches = TextBatches(parts.data, parts.tokenizer, parts.instructions, amounts.joint_games, channel)
    model, level = parts.model, Difficulty(JOINT_DIFFICULTY)
    weights = _weights(parts)

    def draw(rng: random.Random) -> Iterator[tuple[SpeechBatch, TextBatch]]:
        texts = draw_text(text_batches, rng, lambda: level.value, amounts.joint_instructions, amounts.joint_running)
        for batch in spoken_batches(rng):
            text_batches.let_slip(batch.sequences, rng)
            yield batch, next(texts)

    def step(batch: tuple[SpeechBatch, TextBatch]) -> Outcome:
        heard, text = batch
        with autocast(parts.device):
            speech, rows, logits, losses = hear(heard)
            read = _drawn(heard, phase.decoder_share)
            known = [heard.ctc[n] for n in read]
            spans = ctc_alignment(logits[read], rows[read], known)
            chosen = [heard.sequences[n] for n in read]
            time_of = parts.tokenizer.time_of
            sequences = [with_alignment(*item, time_of) for item in zip(chosen, known, spans, strict=True)]
            text_batches.slips.its_own(model, sequences, speech[read])
            spoken = decoder_losses(model, sequences, speech[read], guided=True, weights=weights)
            reply = REPLY_WEIGHT * spoken.reply
            loss = spoken.words + reply + GUIDE_WEIGHT * spoken.guide
            loss = loss + _aligned(losses, CTC_WEIGHT) if losses else loss
            written = read_text(model, text, weights)
            level.follow(text.games, written.each)
            loss = loss + written.total
            losses = {"ce": spoken.words, "guide": spoken.guide, "reply": reply} | losses | written.taught
        figures = _values(losses) | {"difficulty": level.value}
        return Outcome(loss, heard.seconds, figures)

    def evaluate() -> dict[str, float]:
        return watched_scores(parts, parts.open_cache(), decoder=True)

    settings = {"batches": draw, "step": step, "evaluate": evaluate, "progress": level}
    return _stage(parts, name, phase, trained=_trained(phase, trained), **settings)


def _drawn(batch: SpeechBatch, share: float) -> list[int]:
    """The items that the decoder reads in this step: a share of them, and all of which CTC learns nothing."""
    chance = torch.rand(len(batch.clips), device="cpu").tolist()
    read = [n for n, ctc in enumerate(batch.ctc) if not ctc or chance[n] < share]
    return read or [0]


def _decoder_only(name: str) -> bool:
    """Everything of the decoder but its input embeddings, at which the adapter aims, and the marks around speech."""
    own = name.startswith(("decoder.", "chat_intents.")) and "embed_tokens" not in name
    return own or "speech_token_emded" in name


def start_reading(parts: Parts) -> None:
    """Puts together the adapter and upper encoder of stage 1 and the decoder and speech marks of stage 2."""
    load_weights(parts.model, parts.runs / "stage2.pt", parts.fingerprint)
    path = parts.runs / f"{parts.alignment}.pt"
    adapter = read_checkpoint(path, parts.fingerprint)["smooth"]
    shared = "decoder.model.embed_tokens.weight"
    if not torch.equal(adapter[shared], parts.model.state_dict()[shared].cpu()):
        raise InputError(
            f"{path} and stage2.pt beside it were started from different embeddings; "
            "delete the one whose seed or configuration is not yours and run its stage again"
        )
    heard = {
        name: value
        for name, value in adapter.items()
        if name.startswith(("encoder.", "adapter.", "labels.", "letters.", "blank"))
    }
    own = {name: value for name, value in heard.items() if "speech_token_emded" not in name}
    parts.model.load_state_dict(own, strict=False)
