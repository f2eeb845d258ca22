"""The trial of Mandarin: syllables of characters, characters of syllables, and what is held out."""

import numpy as np
from osum_training.mandarin import SENTENCES, WORDS, CharacterPairs, _is_held_out, syllables
from osum_training.speech_data import Clip


def test_characters_are_spoken_in_toned_syllables():
    assert syllables("你好吗") == ["ni3", "hao3", "ma5"]
    assert syllables("女人 ok") == ["nv3", "ren2"]


def test_syllables_are_written_by_the_pairs_that_texts_have():
    pairs = CharacterPairs(["他是老师", "她说", "老师说话", "事实"])
    assert pairs.written(["lao3", "shi1", "shuo1", "hua4"]) == "老师说话"
    assert pairs.written(["shi4", "shi2"]) == "事实"
    assert pairs.written(["ta1", "shi4", "lao3", "shi1"]) == "他是老师"
    assert pairs.written(["xyz1", "lao3"]) == "老"
    assert pairs.written([]) == ""


def test_an_eighth_of_the_sentences_is_held_out_and_no_word():
    audio = np.zeros(1, np.float32)
    sentences = [Clip(f"{SENTENCES}/{n}.ogg", SENTENCES, audio) for n in range(800)]
    assert 70 < sum(map(_is_held_out, sentences)) < 130
    assert not any(_is_held_out(Clip(f"{WORDS}/{n}.ogg", WORDS, audio)) for n in range(100))
