"""Trains small SentencePiece models and writes what the real library makes of many strings.

    python make-fixtures.py --corpus lines.txt            # the committed fixtures: 5 models and 250 strings for each
    python make-fixtures.py --strings 20000 --out DIR     # the same models, many more strings

`lines.txt` is UTF-8, one sentence a line, Chinese and English mixed; the committed models were trained on 6,000
public-domain English sentences and 1,070 instructions in both languages. Needs the PyPI packages sentencepiece
(0.2.3 was used) and protobuf.
"""

import argparse
import base64
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import sentencepiece

HERE = Path(__file__).parent
SYMBOLS = ["<asr>", "<age>", "<gender>", "<ADULT>", "<日常口语>", "<|tail|>"]

PLAIN = {"normalization_rule_name": "identity", "byte_fallback": True}
MODELS = {
    # The published model's likely shape: merges, byte fallback, every space kept.
    "bpe-bytes": {**PLAIN, "model_type": "bpe", "vocab_size": 1200, "remove_extra_whitespaces": False},
    # The small package's shape: no dummy prefix, task symbols inside the model.
    "unigram-symbols": {
        **PLAIN,
        "model_type": "unigram",
        "vocab_size": 1500,
        "add_dummy_prefix": False,
        "remove_extra_whitespaces": False,
        "user_defined_symbols": SYMBOLS,
    },
    # SentencePiece's defaults: NFKC by character map, squeezed spaces, unknown pieces instead of bytes.
    "unigram-nfkc": {"model_type": "unigram", "vocab_size": 1000, "normalization_rule_name": "nmt_nfkc"},
    # A hand-written character map, spaces as suffixes, symbols that are never merged.
    "bpe-suffix": {
        "model_type": "bpe",
        "vocab_size": 900,
        "treat_whitespace_as_suffix": True,
        "user_defined_symbols": SYMBOLS,
    },
    # Every third merged piece switched off, as restricting a vocabulary does: merges into them are undone.
    "bpe-unused": {**PLAIN, "model_type": "bpe", "vocab_size": 500},
}

# Hexadecimal code points and what they become: quote, space, a longer text, nothing, another mark.
RULES = "2019\t27\n3000\t20\n41 42\t61 62 63\n7F\t\nFF01\t21\n"

ENGLISH = [
    *("the", "what", "does", "she", "say", "and", "how", "feels", "voice", "old", "man"),
    *("transcribe", "please", "Hello", "I'm", "it's", "3.14", "2026", "naïve", "café", "Zoë"),
]
CHINESE = "你好请把这段音频转写成文字说话人的性别是男还是女年龄情绪怎么样今天天气不错新闻科普日常口语㐀龥"
ODD = [
    *("\n", "\t", "\x00", "\x7f", "\u200b", "\u200d", "\ufeff", "\u00a0", "\u3000", "\u2581", "\u0301", "\ufffd"),
    *("\U0010ffff", "ﬁ", "①", "Ａ", "！", "’", "AB", "😀", "👩\u200d👩\u200d👧", "🇨🇳", "é", "e\u0301"),
    *("한국어", "עברית", "ไทย", "<", ">", "<unk>", "<s>", "</s>", "<0x41>", "<asr", "|"),
]
FIXED = [
    *("", " ", "  ", "hello", " hello", "hello ", "a  b   c", "\u2581", "\u2581a"),
    *("<asr><age>Hello everyone<ADULT>", "<asr>  <age>"),
    # Two segmentations of equal score up to float32 rounding.
    "shesheshe \ufeff2026  she",
    *SYMBOLS,
    *ODD,
]


def random_text(rng: random.Random) -> str | bytes:
    """English, Chinese, a mixture with symbols, odd characters, any code points, raw bytes, or white space."""

    def some(most: int) -> range:
        return range(rng.randint(1, most))

    match rng.randrange(7):
        case 0:
            return " ".join(rng.choice(ENGLISH) for _ in some(12))
        case 1:
            return "".join(rng.choice(CHINESE) for _ in some(20))
        case 2:
            return "".join(rng.choice(rng.choice([ENGLISH, CHINESE, SYMBOLS, " "])) for _ in some(12))
        case 3:
            return "".join(rng.choice(rng.choice([ODD, ENGLISH, " "])) for _ in some(10))
        case 4:
            blocks = [range(0x80), range(0x3000), range(0x4E00, 0xD800), range(0xE000, 0x110000)]
            return "".join(chr(rng.choice(rng.choice(blocks))) for _ in some(12))
        case 5:
            return rng.randbytes(rng.randint(1, 24))
        case _:
            return "".join(rng.choice(" \t\n\u3000\u00a0aé中") for _ in some(10))


def distinct_texts(count: int, seed: int = 777) -> Iterator[str | bytes]:
    rng = random.Random(seed)
    seen: set[str | bytes] = set(FIXED)
    yield from FIXED
    while len(seen) < count:
        text = random_text(rng)
        if text not in seen:
            seen.add(text)
            yield text


def as_case(processor: sentencepiece.SentencePieceProcessor, text: str | bytes, rng: random.Random) -> dict:
    ids = processor.encode(text)
    # Ids in a random order show byte pieces that form no character and spaces in odd places.
    shuffled = [rng.randrange(processor.get_piece_size()) for _ in range(rng.randint(0, 12))]
    return {
        **({"base64": base64.b64encode(text).decode()} if isinstance(text, bytes) else {"text": text}),
        "ids": ids,
        "decoded": processor.decode(ids),
        "shuffled": shuffled,
        "shuffledDecoded": processor.decode(shuffled),
    }


def train(corpus: Path, model: Path, options: dict) -> None:
    rules = model.with_suffix(".tsv")
    if "normalization_rule_name" not in options:
        rules.write_text(RULES)
        options = {**options, "normalization_rule_tsv": str(rules)}
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus),
        model_prefix=str(model.with_suffix("")),
        character_coverage=0.995,
        num_threads=1,
        minloglevel=2,
        **options,
    )
    if model.stem == "bpe-unused":
        switch_off_pieces(model)
    for leftover in (rules, model.with_suffix(".vocab")):
        leftover.unlink(missing_ok=True)


def switch_off_pieces(model: Path) -> None:
    # Only training needs it, and with it a protobuf as new as sentencepiece's.
    from sentencepiece import sentencepiece_model_pb2

    proto = sentencepiece_model_pb2.ModelProto.FromString(model.read_bytes())
    merged = [piece for piece in proto.pieces if piece.type == piece.NORMAL and len(piece.piece) > 1]
    for piece in merged[::3]:
        piece.type = piece.UNUSED
    model.write_bytes(proto.SerializeToString())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="train the models again from these lines")
    parser.add_argument("--strings", type=int, default=250)
    parser.add_argument("--out", type=Path, default=HERE)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for name, options in MODELS.items():
        model = HERE / f"{name}.model"
        if args.corpus:
            train(args.corpus, model, options)
        if args.out.resolve() != HERE.resolve():
            shutil.copy(model, args.out)
        processor = sentencepiece.SentencePieceProcessor(model_file=str(model))
        rng = random.Random(name)
        cases = [as_case(processor, text, rng) for text in distinct_texts(args.strings)]
        lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
        (args.out / f"{name}.golden.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
