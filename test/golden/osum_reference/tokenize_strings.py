"""Writes what the rules of upstream's tokenizer make of random strings full of added tokens.

python -m osum_reference.tokenize_strings tokenizer.model OUT.json --count 2000
"""

import argparse
import json
import random
from pathlib import Path

from .tokenizer import INSTRUCTIONS, PROMPTS, SPECIAL, PanguTokenizer

ODD = [
    "<unk>",
    "<s>",
    "</s>",
    "[unused",
    "<|User|>",
    "[PAD]",
    " ",
    "  ",
    "\n",
    "\t",
    "\u3000",
    "😀",
    "é",
    "e\u0301",
    "ﬁ",
]
SHARES = (SPECIAL, SPECIAL, ODD, INSTRUCTIONS, PROMPTS["intentPrompts"], ["你好", "hello", "<asr>", "<|im_end|>\n"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=2000)
    args = parser.parse_args()
    tokenizer = PanguTokenizer.load(args.model)
    rng = random.Random(args.model.name)
    pieces = tokenizer.processor.get_piece_size()
    cases = []
    for _ in range(args.count):
        text = "".join(rng.choice(rng.choice(SHARES)) for _ in range(rng.randint(0, 6)))
        shuffled = [rng.randrange(pieces) for _ in range(rng.randint(0, 16))]
        shuffled += [rng.choice(list(tokenizer.added.values())) for _ in range(rng.randint(0, 4))]
        rng.shuffle(shuffled)
        cases.append(
            {
                "text": text,
                "ids": tokenizer.encode(text, bos=True),
                "shuffled": shuffled,
                "decoded": tokenizer.decode(shuffled),
            }
        )
    args.out.write_text(json.dumps(cases), encoding="utf-8")


if __name__ == "__main__":
    main()
