"""The tokenizer's rules (reference, section 5.1) around the sentencepiece package, and small models in its form."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sentencepiece

PROMPTS = json.loads(
    (Path(__file__).parents[3] / "packages/text/data/osum-pangu-prompts.json").read_text(encoding="utf-8")
)
INSTRUCTIONS = [
    "你帮我听听这段录音，然后把里面的内容写下来，还有标出里面发生的事",
    "这段音频里说的啥，能不能告诉我，还有说话的人是男是女？",
    "Write down what is said.",
    "how old is she, and how does she feel? 😀",
    "<asr><age><gender>",
    "把 the English 词 也写下来 [unused3] please<|User|>: ok",
]
SPECIAL = ["<|User|>:", "<|Bot|>:", *(f"[unused{n}]" for n in range(12))]
EOS = "[unused10]"
PADDING_ROWS = 8
"""Rows of the embedding behind the tokenizer's last piece."""


def train(kind: str, pieces: int, path: Path) -> None:
    """A model of so many pieces: BPE that falls back on bytes and knows the added tokens as symbols of its own, or
    unigram with NFKC, a dummy prefix and squeezed spaces, whose added tokens text never gives.
    """
    sets = [prompt for name in ("serving", "training") for prompt in PROMPTS[name].values()]
    lines = [part["text"] for prompt in sets for part in prompt if "text" in part]
    lines += INSTRUCTIONS + PROMPTS["intentPrompts"]
    corpus = path.with_suffix(".txt")
    corpus.write_text("\n".join(line.replace("\n", " ") for line in lines) + "\n", encoding="utf-8")
    kinds: dict[str, dict[str, Any]] = {
        "bpe": {
            "byte_fallback": True,
            "normalization_rule_name": "identity",
            "remove_extra_whitespaces": False,
            "user_defined_symbols": SPECIAL,
        },
        "unigram": {"normalization_rule_name": "nmt_nfkc", "control_symbols": SPECIAL},
    }
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus),
        model_prefix=str(path.with_suffix("")),
        model_type=kind,
        vocab_size=pieces,
        character_coverage=0.99,
        num_threads=1,
        minloglevel=2,
        **kinds[kind],
    )
    for leftover in (corpus, path.with_suffix(".vocab")):
        leftover.unlink()


@dataclass
class PanguTokenizer:
    """Text is split at the added tokens; each stretch between them is encoded by a call of its own. Decoding drops
    `<unk>`, `<s>` and the end of the sequence, and writes other added tokens out.
    """

    processor: sentencepiece.SentencePieceProcessor
    added: dict[str, int]
    eos: int

    @classmethod
    def load(cls, path: Path) -> "PanguTokenizer":
        processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
        added = {text: processor.piece_to_id(text) for text in ("<unk>", "<s>", "</s>", *SPECIAL)}
        return cls(processor, added, added[EOS])

    def encode(self, text: str, bos: bool) -> list[int]:
        longest_first = sorted(self.added, key=len, reverse=True)
        parts = re.split("(" + "|".join(map(re.escape, longest_first)) + ")", text)
        ids = [1] if bos else []
        for part in parts:
            ids += [self.added[part]] if part in self.added else self.processor.encode(part)
        return ids

    def decode(self, ids: list[int]) -> str:
        text_of = {number: text for text, number in self.added.items()}
        text = ""
        stretch: list[int] = []
        for number in ids:
            if number in (0, 1, self.eos):
                continue
            if number in text_of:
                text += self.processor.decode(stretch) + text_of[number]
                stretch = []
            else:
                stretch.append(number)
        return text + self.processor.decode(stretch)
