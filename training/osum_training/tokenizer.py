"""The SentencePiece tokenizer: 2,048 unigram pieces for English transcripts and instructions in Chinese and English,
with byte fallback; after them the times of aligned words and the rarer characters of instructions.

No dummy prefix and no normalisation: each segment's ids are exactly what the plain library gives for its text. A
transcript is
tokenised with a space before it, so that its first word has the same pieces as any other.
"""

import io
import os
import random
import re
from collections import Counter
from pathlib import Path

import sentencepiece

from .grammar import LABELS, TASKS, label_symbols, tag_string
from .sentencepiece_file import NORMAL, UNUSED, USER_DEFINED, with_pieces, without_pieces

PROMPTS = ("<|sys_u|>", "<|sys_c|>", "<|sys_i|>", "<|tail|>")
PAD, BOS, EOS, UNK = 0, 1, 2, 3
TIMES = 300  # symbols <0.0> to <29.9>


def symbols() -> list[str]:
    tags = [f"<{task}>" for task in TASKS] + ["<开始回答>"]
    labels = dict.fromkeys(f"<{label}>" for values in LABELS.values() for label in values)
    return [*PROMPTS, *tags, *labels]


def train_tokenizer(path: Path, transcripts: list[str], instructions: list[str], vocab: int, seed: int = 777) -> None:
    """Writes `tokenizer.model`. Transcripts outweigh instructions: most of the pieces should serve recognition."""
    path.parent.mkdir(parents=True, exist_ok=True)
    corpus = [" " + line for line in transcripts] + instructions
    random.Random(seed).shuffle(corpus)
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus),
        model_writer=model,
        model_type="unigram",
        vocab_size=vocab,
        user_defined_symbols=symbols(),
        byte_fallback=True,
        character_coverage=0.998,  # the rarer ones of instructions come after, by `extend_tokenizer`
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        pad_id=PAD,
        bos_id=BOS,
        eos_id=EOS,
        unk_id=UNK,
        minloglevel=2,
        num_threads=1,
    )
    path.write_bytes(model.getvalue())


def time_symbol(seconds: float) -> str:
    """The symbol of a moment, rounded to 0.1 s and kept inside the table: 0.26 -> <0.3>."""
    return f"<{min(TIMES - 1, max(0, round(seconds * 10))) / 10:.1f}>"


def extend_tokenizer(path: Path, vocab: int, texts: list[str]) -> None:
    """Appends to a trained tokenizer the symbols of times and, up to `vocab` pieces, the characters of `texts` that it
    would spell in bytes, the most frequent first. Ids of the pieces before stay as they are.
    """
    model = sentencepiece.SentencePieceProcessor(model_file=str(path))
    size = model.get_piece_size()
    known = {model.id_to_piece(n) for n in range(size)}
    lowest = min(model.get_score(n) for n in range(size))
    counts = Counter(character for text in texts for character in text if character not in known and character != " ")
    characters = sorted(counts, key=lambda character: (-counts[character], character))
    added = [(f"<{n / 10:.1f}>", USER_DEFINED) for n in range(TIMES)]
    added += [(character, NORMAL) for character in characters]
    added += [(f"<|unused{n}|>", UNUSED) for n in range(vocab)]
    pieces = [(piece, lowest - 1 - n / vocab, kind) for n, (piece, kind) in enumerate(added[: vocab - size])]
    path.with_suffix(".part").write_bytes(with_pieces(path.read_bytes(), pieces))
    os.replace(path.with_suffix(".part"), path)


_ENGLISH = re.compile("[▁a-z']+")


class Tokenizer:
    """`transcript_pieces`: how many of the likeliest English pieces transcripts are written in, beside single letters;
    0 for all. Everything else is written in all pieces.
    """

    def __init__(self, path: Path, transcript_pieces: int = 0):
        self.pieces = sentencepiece.SentencePieceProcessor(model_file=str(path))
        self.transcripts = self.pieces
        if transcript_pieces:
            # Unigram pieces come in the order of their likelihood.
            english = [n for n in range(self.spoken) if _ENGLISH.fullmatch(self.pieces.id_to_piece(n))]
            spared = {n for n in english[transcript_pieces:] if len(self.pieces.id_to_piece(n)) > 1}
            model = without_pieces(path.read_bytes(), spared)
            self.transcripts = sentencepiece.SentencePieceProcessor(model_proto=model)

    def __len__(self) -> int:
        return self.pieces.get_piece_size()

    @property
    def spoken(self) -> int:
        """How many ids, the first ones, transcripts and labels are made of; the symbols of times come next."""
        first_time = self.symbol(time_symbol(0.0))
        return len(self) if first_time == UNK else first_time

    def ids(self, text: str) -> list[int]:
        """A segment's ids, without bos."""
        return self.pieces.encode(text)

    def text(self, ids: list[int]) -> str:
        return self.pieces.decode(ids)

    def symbol(self, symbol: str) -> int:
        return self.pieces.piece_to_id(symbol)

    def label_ids(self) -> list[int]:
        return [self.symbol(f"<{label}>") for values in LABELS.values() for label in values]

    def transcript(self, text: str) -> list[int]:
        return self.transcripts.encode(" " + text)

    def pieces_of(self, text: str) -> list[tuple[int, int]]:
        """The ids that transcripts write a text with, each with its number of characters."""
        return self.sizes(self.transcripts.encode(text))

    def sizes(self, ids: list[int]) -> list[tuple[int, int]]:
        """Each id with the number of characters of its piece."""
        return [(n, len(self.pieces.id_to_piece(n))) for n in ids]

    def timed_transcript(self, words: list[tuple[str, float, float]]) -> list[int]:
        """Each word between the symbols of its start and its end."""
        return [
            token
            for word, start, end in words
            for token in (self.symbol(time_symbol(start)), *self.transcript(word), self.symbol(time_symbol(end)))
        ]

    def time_of(self, token: int) -> float | None:
        """The seconds that a time symbol stands for; None for other ids."""
        n = token - self.symbol("<0.0>")
        return n / 10 if 0 <= n < TIMES else None

    def target_ids(
        self, tasks: tuple[str, ...], words: list[int], labels: dict[str, str], reply: str | None = None
    ) -> list[int]:
        """tags, transcript if asked for, the reply if asked for, labels in tag order, eos.

        `words`: the transcript's ids, with times where they are asked for.
        """
        ids = self.target_tags(tasks)[:-1] + (words if "asr" in tasks else [])
        if "chat" in tasks:
            ids += ([self.symbol("<开始回答>")] if "asr" in tasks else []) + self.ids(reply or "")
        return [*ids, *(self.symbol(label) for label in label_symbols(tasks, labels)), EOS]

    def reply_place(self, tasks: tuple[str, ...], words: list[int]) -> int:
        """The place of the reply's first id in `target_ids`."""
        return len(self.target_tags(tasks)) - 1 + (len(words) + 1 if "asr" in tasks else 0)

    def target_tags(self, tasks: tuple[str, ...]) -> list[int]:
        """The target of the text-only mode: tags and eos."""
        return [*self.ids(tag_string(tasks)), EOS]

    def understand(self, instruction: str) -> tuple[list[int], list[int]]:
        """The ids before and after the speech rows in the mode `understand`: every text segment begins with bos."""
        before = [BOS, self.symbol("<|sys_u|>"), BOS, *self.ids(instruction)]
        return before, [BOS, self.symbol("<|tail|>")]

    def chat(self) -> tuple[list[int], list[int]]:
        """The ids before and after the speech rows in the mode `chat`, which has no instruction."""
        return [BOS, self.symbol("<|sys_c|>")], [BOS, self.symbol("<|tail|>")]

    def intent(self, instruction: str) -> list[int]:
        """The whole prompt of the text-only mode: the instruction itself has no bos (reference section 5.2)."""
        return [BOS, self.symbol("<|sys_i|>"), *self.ids(instruction), BOS, self.symbol("<|tail|>")]
