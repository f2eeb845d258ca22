"""How alike requests are, so that none to train on repeats one to score with."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from .instruction import plain

TOO_ALIKE = 0.85


class Likeness:
    """Finds the most similar of `texts` by the Dice coefficient of their pairs of adjacent letters and digits, in which
    case, punctuation and space do not count, nor does the order of longer parts.
    """

    def __init__(self, texts: Iterable[str]):
        self.texts = list(texts)
        pairs = [_pairs(text) for text in self.texts]
        self.sizes = [each.total() for each in pairs]
        self.having: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for n, each in enumerate(pairs):
            for pair, count in each.items():
                self.having[pair].append((n, count))

    def closest(self, text: str) -> tuple[float, str]:
        """The likeness, 0 to 1, of the most similar text, and that text."""
        pairs = _pairs(text)
        shared: Counter[int] = Counter()
        for pair, count in pairs.items():
            for n, there in self.having[pair]:
                shared[n] += min(count, there)
        return max(
            ((2 * common / (pairs.total() + self.sizes[n]), self.texts[n]) for n, common in shared.items()),
            default=(0.0, ""),
        )


def _pairs(text: str) -> Counter[str]:
    bare = plain(text)
    return Counter(bare[n : n + 2] for n in range(max(1, len(bare) - 1)))
