"""The SentencePiece tokenizer: 2,048 unigram pieces for English transcripts and instructions in Chinese and English,
with byte fallback.

No dummy prefix and no normalisation: each segment's ids are exactly what the plain library gives for its text. A
transcript is
tokenised with a space before it, so that its first word has the same pieces as any other.
"""

import random
from pathlib import Path

import sentencepiece

from .grammar import LABELS, TASKS, label_symbols, tag_string

PROMPTS = ("<|sys_u|>", "<|sys_c|>", "<|sys_i|>", "<|tail|>")
PAD, BOS, EOS, UNK = 0, 1, 2, 3


def symbols() -> list[str]:
    tags = [f"<{task}>" for task in TASKS] + ["<开始回答>"]
    labels = dict.fromkeys(f"<{label}>" for values in LABELS.values() for label in values)
    return [*PROMPTS, *tags, *labels]


def train_tokenizer(path: Path, transcripts: list[str], instructions: list[str], vocab: int, seed: int = 777) -> None:
    """Writes `tokenizer.model`. Transcripts outweigh instructions: most of the pieces should serve recognition."""
    path.parent.mkdir(parents=True, exist_ok=True)
    corpus = [" " + line for line in transcripts] + instructions
    random.Random(seed).shuffle(corpus)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus),
        model_prefix=str(path.with_suffix("")),
        model_type="unigram",
        vocab_size=vocab,
        user_defined_symbols=symbols(),
        byte_fallback=True,
        character_coverage=0.9999,
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


class Tokenizer:
    def __init__(self, path: Path):
        self.pieces = sentencepiece.SentencePieceProcessor(model_file=str(path))

    def __len__(self) -> int:
        return self.pieces.get_piece_size()

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
        return self.pieces.encode(" " + text)

    def target(self, tasks: tuple[str, ...], text: str | None, labels: dict[str, str]) -> list[int]:
        """tags, transcript if asked for, labels in tag order, eos."""
        return self.target_ids(tasks, self.transcript(text or "") if "asr" in tasks else [], labels)

    def target_ids(self, tasks: tuple[str, ...], words: list[int], labels: dict[str, str]) -> list[int]:
        """The same with a transcript that is tokenised already."""
        ids = self.target_tags(tasks)[:-1] + (words if "asr" in tasks else [])
        return [*ids, *(self.symbol(label) for label in label_symbols(tasks, labels)), EOS]

    def target_tags(self, tasks: tuple[str, ...]) -> list[int]:
        """The target of the text-only mode: tags and eos."""
        return [*self.ids(tag_string(tasks)), EOS]

    def understand(self, instruction: str) -> tuple[list[int], list[int]]:
        """The ids before and after the speech rows in the mode `understand`: every text segment begins with bos."""
        before = [BOS, self.symbol("<|sys_u|>"), BOS, *self.ids(instruction)]
        return before, [BOS, self.symbol("<|tail|>")]

    def intent(self, instruction: str) -> list[int]:
        """The whole prompt of the text-only mode: the instruction itself has no bos (reference section 5.2)."""
        return [BOS, self.symbol("<|sys_i|>"), *self.ids(instruction), BOS, self.symbol("<|tail|>")]
