"""Trains small SentencePiece models and writes what the real library makes of many strings.

    python make-fixtures.py --corpus lines.txt            # the committed fixtures: 5 models and 250 strings for each
    python make-fixtures.py --strings 20000 --out DIR     # the same models, many more strings

`lines.txt` is UTF-8, one sentence a line, Chinese and English mixed; the committed models were trained on 6,000 public-domain
English sentences and 1,070 instructions in both languages. Needs the PyPI packages sentencepiece (0.2.3 was used) and protobuf.
"""

import argparse
import base64
import json
import random
import shutil
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

HERE = Path(__file__).parent
SYMBOLS = ["<asr>", "<age>", "<gender>", "<ADULT>", "<日常口语>", "<|tail|>"]

MODELS = {
    # The published model's likely shape: merges, byte fallback, every space kept.
    "bpe-bytes": dict(model_type="bpe", vocab_size=1200, byte_fallback=True, remove_extra_whitespaces=False, normalization_rule_name="identity"),
    # The small package's shape: no dummy prefix, task symbols inside the model.
    "unigram-symbols": dict(model_type="unigram", vocab_size=1500, byte_fallback=True, add_dummy_prefix=False,
                            remove_extra_whitespaces=False, normalization_rule_name="identity", user_defined_symbols=SYMBOLS),
    # SentencePiece's defaults: NFKC by character map, squeezed spaces, unknown pieces instead of bytes.
    "unigram-nfkc": dict(model_type="unigram", vocab_size=1000, normalization_rule_name="nmt_nfkc"),
    # A hand-written character map, spaces as suffixes, symbols that are never merged.
    "bpe-suffix": dict(model_type="bpe", vocab_size=900, treat_whitespace_as_suffix=True, user_defined_symbols=SYMBOLS),
    # Every third merged piece switched off, as restricting a vocabulary does: merges into them are undone.
    "bpe-unused": dict(model_type="bpe", vocab_size=500, byte_fallback=True, normalization_rule_name="identity"),
}  # fmt: skip

RULES = "2019\t27\n3000\t20\n41 42\t61 62 63\n7F\t\nFF01\t21\n"

ENGLISH = "the what does she say and how feels voice old man transcribe please Hello I'm it's 3.14 2026 naïve café Zoë".split()
CHINESE = "你好请把这段音频转写成文字说话人的性别是男还是女年龄情绪怎么样今天天气不错新闻科普日常口语㐀龥"
ODD = ["\n", "\t", "\x00", "\x7f", "\u200b", "\u200d", "\ufeff", "\u00a0", "\u3000", "　", "\u2581", "▁", "\u0301", "\ufffd", "\U0010ffff", "ﬁ",
       "①", "Ａ", "！", "’", "AB", "😀", "👩‍👩‍👧", "🇨🇳", "é", "e\u0301", "한국어", "עברית", "ไทย", "<", ">", "<unk>", "<s>", "</s>", "<0x41>", "<asr", "|"]  # fmt: skip


def strings(count: int, seed: int = 777):
    """Distinct strings of many kinds: English, Chinese, mixed, symbols, emoji, control characters, and raw bytes."""
    rng = random.Random(seed)
    # The string of three "she" has two segmentations of equal score up to float32 rounding.
    fixed = ["", " ", "  ", "hello", " hello", "hello ", "a  b   c", "\u2581", "\u2581a", "<asr><age>Hello everyone<ADULT>", "<asr>  <age>", "shesheshe \ufeff2026  she", *SYMBOLS, *ODD]
    seen = set()
    while len(seen) < count:
        kind = rng.randrange(7)
        if fixed:
            text = fixed.pop(0)
        elif kind == 0:
            text = " ".join(rng.choices(ENGLISH, k=rng.randint(1, 12)))
        elif kind == 1:
            text = "".join(rng.choices(CHINESE, k=rng.randint(1, 20)))
        elif kind == 2:
            text = "".join(rng.choice([rng.choice(ENGLISH), rng.choice(CHINESE), rng.choice(SYMBOLS), " "]) for _ in range(rng.randint(1, 12)))
        elif kind == 3:
            text = "".join(rng.choice([rng.choice(ODD), rng.choice(ENGLISH), " "]) for _ in range(rng.randint(1, 10)))
        elif kind == 4:
            text = "".join(chr(rng.choice([rng.randrange(0x80), rng.randrange(0x3000), rng.randrange(0x4E00, 0xD800), rng.randrange(0xE000, 0x110000)]))
                           for _ in range(rng.randint(1, 12)))  # fmt: skip
        elif kind == 5:
            text = rng.randbytes(rng.randint(1, 24))
        else:
            text = "".join(rng.choices(" \t\n\u3000\u00a0aé中", k=rng.randint(1, 10)))
        if text not in seen:
            seen.add(text)
            yield text


def as_case(processor: sentencepiece.SentencePieceProcessor, text: str | bytes, rng: random.Random) -> dict:
    ids = processor.encode(text)
    case = {"base64": base64.b64encode(text).decode()} if isinstance(text, bytes) else {"text": text}
    # A random order of ids shows byte pieces that form no character and spaces in odd places.
    shuffled = [rng.randrange(processor.get_piece_size()) for _ in range(rng.randint(0, 12))]
    return {**case, "ids": ids, "decoded": processor.decode(ids), "shuffled": shuffled, "shuffledDecoded": processor.decode(shuffled)}


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
        cases = [as_case(processor, text, rng) for text in strings(args.strings)]
        lines = ",\n".join(json.dumps(case, ensure_ascii=True, separators=(",", ":")) for case in cases)
        (args.out / f"{name}.golden.json").write_text(f"[\n{lines}\n]\n")


def train(corpus: Path, model: Path, options: dict) -> None:
    if "normalization_rule_name" not in options:
        rules = model.with_suffix(".tsv")
        rules.write_text(RULES)
        options = {**options, "normalization_rule_tsv": str(rules)}
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus), model_prefix=str(model.with_suffix("")), character_coverage=0.995, num_threads=1, minloglevel=2, **options
    )
    if model.stem == "bpe-unused":
        switch_off_pieces(model)
    for leftover in (".vocab", ".tsv"):
        model.with_suffix(leftover).unlink(missing_ok=True)


def switch_off_pieces(model: Path) -> None:
    proto = sentencepiece_model_pb2.ModelProto.FromString(model.read_bytes())
    merged = [piece for piece in proto.pieces if piece.type == piece.NORMAL and len(piece.piece) > 1]
    for piece in merged[::3]:
        piece.type = piece.UNUSED
    model.write_bytes(proto.SerializeToString())


if __name__ == "__main__":
    main()
