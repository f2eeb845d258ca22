"""Text-only batches: instructions with their tags, running text to continue, and a copying game that teaches the
decoder to read rows before it hears speech.

In the game the speech rows are the embeddings of the target itself, between blanks, repeated, blurred, mistaken and
lost, as CTC would write them: misspelt as the adapter of stage 1 misspells, where there is one. Other targets are
random pieces, which only copying can get right; sentences of a known style, which the words tell; and what people say
to be answered. The difficulty rises from clean rows in order (0) to what an adapter really puts out (1).
"""

import gzip
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from .channel import Channel
from .chat import ChatLines
from .config import PASSAGE_PIECES
from .data_folder import data_file
from .decoder_slips import Slips
from .grammar import COMBINATIONS, LABELS, tag_string, trained_labels
from .instructions import Instructions
from .model import EMBEDDING_SCALE, OsumNano
from .padded_groups import padded_groups
from .replies import Replies
from .sequences import Sequence
from .text import HeldOut, Sentences, spoken_form
from .tokenizer import BOS, Tokenizer

T = TypeVar("T")

BLANK = -1
RANDOM_SHARE, MISSPELT_RANDOM_SHARE = 0.5, 0.2  # of games whose words are random pieces
LONGEST = 80  # pieces of a game's words
BLUR = 2.0  # longest noise on a game's rows, in lengths of an embedding: what an adapter's rows hold beside it
STRENGTHS = (0.3, 1.2)  # of the channel, of which all above 1 is 1
MISSPELT_SPACING = (0.4, 2.0)  # blanks after a piece, on average
POOLED_BATCHES = 6
STYLED_SHARE, CHAT_SHARE = 0.15, 0.3  # of games about a sentence of a known style, or one that asks for a reply
STYLE_SHOWN = 0.3  # of games about a known style, whose rows show it too; in the others the words must tell
GAME_TASKS = tuple(tasks for tasks in COMBINATIONS if not {"align", "chat"} & set(tasks))
STYLED_TASKS = tuple(tasks for tasks in GAME_TASKS if "style" in tasks)


@dataclass
class CopyGame:
    """A sequence, the pieces that its speech rows show (BLANK for none), and whether its words are random pieces."""

    sequence: Sequence
    shown: list[int]
    random_target: bool


class TextBatches:
    """`channel`: how an adapter misspells; without one, words are mistaken for random pieces."""

    def __init__(
        self,
        data: Path,
        tokenizer: Tokenizer,
        instructions: Instructions,
        positions: int = 1600,
        channel: Channel | None = None,
    ):
        self.tokenizer, self.instructions, self.positions = tokenizer, instructions, positions
        self.channel = channel
        sentences = Sentences(data)
        styled = [text for texts in sentences.styled_held_out.values() for text in texts]
        with gzip.open(data_file(data / "text" / "novels-en.txt.gz"), "rt") as file:
            novels = [line.strip() for line in file if line.strip()]
        self.sentences, self.novels, self.held_out = sentences, novels, HeldOut(sentences.held_out + styled)
        self.chat = ChatLines("train")
        self.replies = Replies(tokenizer, self.chat.intents)
        self.pieces = sorted(
            {piece for text in sentences.plain[:3000] for piece in tokenizer.transcript(spoken_form(text))}
        )
        self.slips = Slips(self.pieces)

    def intents(self, rng: random.Random, positions: int) -> Iterator[list[Sequence]]:
        """Endless batches of instructions of like length with their tags, about so many positions each."""
        while True:
            yield from self._alike(lambda: self._intent(rng), lambda sequence: sequence.length, positions, rng)

    def _intent(self, rng: random.Random) -> Sequence:
        drawn = self.instructions.draw(rng)
        return Sequence(self.tokenizer.intent(drawn.text), target=self.tokenizer.target_tags(drawn.tasks))

    @staticmethod
    def _alike(draw: Callable[[], T], size: Callable[[T], int], positions: int, rng: random.Random) -> list[list[T]]:
        """A pool of batches, each of items of like length, in any order."""
        pool, used = [], 0
        while used < POOLED_BATCHES * positions:
            pool.append(draw())
            used += size(pool[-1])
        batches = padded_groups(pool, size, positions)
        rng.shuffle(batches)
        return batches

    def running(self, rng: random.Random, positions: int) -> list[Sequence]:
        """Passages of novels to continue word by word, which together take about so many positions."""
        passages: list[Sequence] = []
        for _ in range(positions // PASSAGE_PIECES):
            pieces: list[int] = []
            line = rng.randrange(len(self.novels))
            while len(pieces) < PASSAGE_PIECES:
                if words := self._novel_line(line % len(self.novels)):
                    pieces += self.tokenizer.transcript(words)
                line += 1
            passages.append(Sequence([BOS], target=pieces[:PASSAGE_PIECES]))
        return passages

    def games(self, rng: random.Random, difficulty: Callable[[], float]) -> Iterator[list[CopyGame]]:
        """Endless batches of games of like length; `difficulty` is asked when a pool of batches is drawn."""
        while True:
            for batch in self._alike(
                lambda: self._game(rng, difficulty()), lambda game: game.sequence.length, self.positions, rng
            ):
                self.let_slip([game.sequence for game in batch], rng)
                yield batch

    def let_slip(self, sequences: list[Sequence], rng: random.Random) -> None:
        """Puts wrong pieces into what the decoder is told that it wrote."""
        for sequence in sequences:
            sequence.written = self.slips.at_random(sequence.target, rng)

    def _words(self, rng: random.Random) -> str:
        if rng.random() < 0.3:
            return self.sentences.draw(rng).transcript
        while not (words := self._novel_line(rng.randrange(len(self.novels)))):
            pass
        return words

    def _novel_line(self, number: int) -> str:
        """A line of the novels in spoken form; nothing of one that is scored on."""
        words = spoken_form(self.novels[number])
        return "" if words and self.held_out.share(words) else words

    def _game(self, rng: random.Random, difficulty: float) -> CopyGame:
        kind = rng.random()
        if kind < STYLED_SHARE and self.sentences.styled:
            line = self.sentences.draw_styled(rng)
            tasks = ("style",) if rng.random() < 0.5 else rng.choice(STYLED_TASKS)
            words = self.tokenizer.transcript(line.transcript)[:LONGEST]
            return self._shown(words, tasks, rng, difficulty, style=line.labels["style"])
        if kind < STYLED_SHARE + CHAT_SHARE:
            return self._chat(rng, difficulty)
        tasks = ("asr",) if rng.random() < 0.5 else rng.choice(GAME_TASKS)
        if at_random := rng.random() < (RANDOM_SHARE if self.channel is None else MISSPELT_RANDOM_SHARE):
            words = [rng.choice(self.pieces) for _ in range(rng.randint(2, 24))]
        else:
            words = self.tokenizer.transcript(self._words(rng))[:LONGEST]
        return self._shown(words, tasks, rng, difficulty, at_random)

    def _chat(self, rng: random.Random, difficulty: float) -> CopyGame:
        line = self.chat.draw_line(rng)
        tasks = rng.choice((("chat",), ("chat",), ("asr", "chat")))
        words = self.tokenizer.transcript(spoken_form(line.text))
        game = self._shown(words, tasks, rng, difficulty, reply=self.replies.to(line.intent))
        game.sequence.reply = self.replies.place(line.intent, tasks, words)
        return game

    def _shown(
        self,
        words: list[int],
        tasks: tuple[str, ...],
        rng: random.Random,
        difficulty: float,
        at_random: bool = False,
        style: str | None = None,
        reply: str | None = None,
    ) -> CopyGame:
        """A game about `words`. Its rows show the labels that are asked for, but mostly not a `style` of the words."""
        labels = {task: rng.choice(trained_labels(task)) for task in LABELS}
        hidden = reply is not None or (style is not None and rng.random() >= STYLE_SHOWN)
        if style is not None:
            labels["style"] = style
        seen = [task for task in LABELS if (task in tasks or rng.random() < 0.3) and not (task == "style" and hidden)]
        known = [self.tokenizer.symbol(f"<{labels[task]}>") for task in seen]
        if self.channel is None or at_random:
            shown, spans = self._rows(words + known, rng, difficulty)
        else:
            shown, spans = self._misspelt(words, known, rng, difficulty)
        span_of_label = dict(zip(known, spans[len(words) :], strict=True))
        target = self.tokenizer.target_ids(tasks, words, labels, reply)
        skipped = len(tasks)
        alignment: list[tuple[int, int] | None] = [None] * skipped
        if "asr" in tasks:
            alignment += spans[: len(words)]
        alignment += [span_of_label.get(token) for token in target[len(alignment) :]]
        if tasks == ("chat",):
            before, after = self.tokenizer.chat()
        else:
            natural = self.instructions.draw_for(tasks, rng) if rng.random() < 0.15 else None
            before, after = self.tokenizer.understand(natural or tag_string(tasks))
        return CopyGame(Sequence(before, len(shown), after, target, alignment), shown, at_random)

    def _misspelt(
        self, words: list[int], known: list[int], rng: random.Random, difficulty: float
    ) -> tuple[list[int], list[tuple[int, int] | None]]:
        """What `_rows` gives, for words that are shown as the channel reads their letters, with labels behind them."""
        assert self.channel is not None
        said = self.tokenizer.text(words)
        parts = self.channel.reading(said, rng, difficulty * rng.uniform(*STRENGTHS))
        letter_of = [n for n, part in enumerate(parts) for _ in part]
        pieces = self.tokenizer.pieces_of("".join(parts))
        shown = [BLANK] * rng.randint(0, round(6 * difficulty))
        rows_of: dict[int, tuple[int, int]] = {}
        spacing, at = rng.uniform(*MISSPELT_SPACING) * difficulty, 0
        for piece, size in pieces:
            start = len(shown)
            shown += [piece] * (2 if rng.random() < 0.25 * difficulty else 1)
            for letter in letter_of[at : at + size]:
                first, _ = rows_of.get(letter, (start, start))
                rows_of[letter] = (first, len(shown))
            at += size
            shown += [BLANK] * min(8, int(rng.expovariate(1.0) * spacing + 0.5))
        spans: list[tuple[int, int] | None] = []
        at = 0
        for _, size in self.tokenizer.sizes(words):
            rows = [rows_of[letter] for letter in range(at, at + size) if letter in rows_of]
            spans.append((min(first for first, _ in rows), max(last for _, last in rows)) if rows else None)
            at += size
        labels, label_spans = self._rows(known, rng, difficulty)
        return shown + labels, spans + [span and (span[0] + len(shown), span[1] + len(shown)) for span in label_spans]

    def _rows(
        self, tokens: list[int], rng: random.Random, difficulty: float
    ) -> tuple[list[int], list[tuple[int, int] | None]]:
        """The pieces that rows show for `tokens`, and each token's span of rows (None when it was lost)."""
        shown = [BLANK] * rng.randint(0, round(6 * difficulty))
        spans: list[tuple[int, int] | None] = []
        wrong = rng.uniform(0.0, 0.22) * difficulty
        spacing = rng.uniform(0.6, 2.6) * difficulty
        for token in tokens:
            if rng.random() < 0.4 * wrong:
                spans.append(None)
            else:
                start = len(shown)
                shown.append(rng.choice(self.pieces) if rng.random() < wrong else token)
                if rng.random() < 0.25 * difficulty:
                    shown.append(shown[-1])
                spans.append((start, len(shown)))
            shown += [BLANK] * min(8, int(rng.expovariate(1.0) * spacing + 0.5))
            if rng.random() < 0.2 * wrong:
                shown.append(rng.choice(self.pieces))
        return shown, spans


def game_rows(model: OsumNano, games: list[CopyGame], difficulty: float) -> Tensor:
    """Speech rows [games, S, width]: embeddings or the blank vector, of varying strength, blurred by noise and by a
    second piece.
    """
    size, device = max(len(game.shown) for game in games), model.blank.device
    ids = torch.tensor([game.shown + [BLANK] * (size - len(game.shown)) for game in games], device=device)
    each = (*ids.shape, 1)
    with torch.no_grad():
        classes = torch.cat([model.decoder.model.embed_tokens.weight, model.blank[None]])
        rows = classes[ids]  # BLANK is -1, the last class
        strength = 1 + difficulty * 0.3 * torch.randn(each, device=device)
        shuffled = rows[torch.randperm(len(games), device=device)]
        other = shuffled * torch.rand(each, device=device) * 0.5 * difficulty
        noise = BLUR * EMBEDDING_SCALE * torch.randn_like(rows)
        blur = torch.rand(len(games), 1, 1, device=device) * difficulty * noise
        return rows * strength + other * (torch.rand(each, device=device) < 0.3) + blur
