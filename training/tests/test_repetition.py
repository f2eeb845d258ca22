import random
from collections import Counter

import pytest
from osum_training.cache import Cached
from osum_training.repetition import repeated
from osum_training.speech_batches import SpeechBatches


def recording(source: str, n: int) -> list[Cached]:
    return [Cached(f"t/{source}{n}", source, "train", "", "a", {}, None, "", 0, 50, "t")]


def drawn(repetition: str, weights: dict[str, float], seed: int = 1, count: int = 200) -> Counter:
    """How often recordings of each source come in a round."""
    recordings = [recording(source, n) for source in weights for n in range(count)]
    return Counter(same[0].source for same in repeated(recordings, weights, repetition, random.Random(seed)))


WEIGHTS = {"whole": 2.0, "more": 1.25, "less": 0.3, "none": 0.0}


def test_fractions_are_chances():
    counts = drawn("fractional", WEIGHTS)
    assert counts["whole"] == 400 and counts["none"] == 0
    assert counts["more"] == pytest.approx(250, abs=25)
    assert counts["less"] == pytest.approx(60, abs=25)
    assert drawn("fractional", WEIGHTS, seed=2) != counts


def test_the_reference_cuts_fractions_above_one_and_draws_shares_below():
    assert drawn("truncated", WEIGHTS) == {"whole": 400, "more": 200, "less": 60}


def test_sources_without_a_weight_come_once():
    assert drawn("fractional", {}) == Counter()
    for mode in ("fractional", "truncated"):
        assert len(list(repeated([recording("mine", 0)], {}, mode, random.Random(0)))) == 1


def test_what_a_clip_with_its_own_question_is_asked():
    clip = Cached(
        "t/a", "s", "train", "", "hi", {"age": "ADULT", "gender": "MALE"}, None, "", 0, 50, "t", question="Q?"
    )
    rng = random.Random(0)
    assert {SpeechBatches._tasks(clip, rng) for _ in range(20)} == {("asr", "age", "gender")}


def test_a_reply_without_a_transcript_is_a_plain_chat():
    clip = Cached("t/a", "s", "train", "", None, {}, None, "", 0, 50, "t", reply="Hello.")
    assert {SpeechBatches._tasks(clip, random.Random(n)) for n in range(20)} == {("chat",)}
