"""When each word of a synthesised sentence is spoken, from the durations of its phonemes."""

from collections.abc import Mapping

import numpy as np

from .text import spoken_form


def timed_words(text: str, times: list[tuple[float, float]]) -> list[tuple[str, float, float]] | None:
    """The words of a text's spoken form, each with its start and end; None if there are more or fewer `times`."""
    words = spoken_form(text).split()
    return [(word, *span) for word, span in zip(words, times, strict=True)] if len(words) == len(times) else None


def word_times(
    vocabulary: Mapping[str, int], phonemes: str, frames: np.ndarray, at: float, seconds: float
) -> list[tuple[float, float]]:
    """Start and end of each group of phonemes between spaces, in a sentence that starts `at` and lasts `seconds`.

    frames [ids] are durations of the phonemes' ids, which have a pad before and after them; phonemes that the
    vocabulary lacks have no id.
    """
    ends = np.cumsum(frames) * (seconds / frames.sum())
    spans, number, start, end = [], 0, None, 0.0
    for symbol in [*phonemes, " "]:
        if symbol == " ":
            if start is not None:
                spans.append((round(at + start, 3), round(at + end, 3)))
            start = None
        if symbol in vocabulary:
            number += 1
            if symbol.isalpha() or symbol in "ˈˌː":
                start = float(ends[number - 1]) if start is None else start
                end = float(ends[min(number, len(ends) - 1)])
    return spans
