"""Slips of typing, as people make them."""

import random
import re
from functools import cache

from .phrases import read_typos

LONG_ENOUGH = 9  # characters; a slip of the finger in less can make another word

typos = cache(read_typos)


def mistyped(text: str, language: str, rng: random.Random) -> str:
    """`text` with one or two usual misspellings, or with one letter lost, doubled or exchanged with the next."""
    known = typos()[language]
    words = set(re.findall(r"[a-z]+", text)) if language == "en" else {word for word in known if word in text}
    slips = sorted(words & known.keys())
    if slips and rng.random() < 0.7:
        for word in rng.sample(slips, min(len(slips), rng.randint(1, 2))):
            pattern = rf"\b{word}\b" if language == "en" else word
            text = re.sub(pattern, rng.choice(known[word]), text, count=1)
    elif len(text) >= LONG_ENOUGH:
        at = rng.randrange(len(text) - 1)
        first, second = text[at], text[at + 1]
        text = text[:at] + rng.choice((second, second + first, first * 2 + second)) + text[at + 2 :]
    return text
