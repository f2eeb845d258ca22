"""Combinations of which a clip knows only some answers."""

import random
from dataclasses import replace

import pytest
import torch
from conftest import SmokeRun
from osum_training.grammar import COMBINATIONS, LABELS, partly_answerable, trained_labels
from osum_training.losses import decoder_losses
from osum_training.sequences import Sequence
from osum_training.speech_batches import SpeechBatches
from osum_training.tokenizer import EOS


@pytest.fixture(scope="module")
def batches(smoke_run: SmokeRun, tmp_path_factory: pytest.TempPathFactory) -> SpeechBatches:
    parts = smoke_run.copied_parts(tmp_path_factory.mktemp("partly"))
    return SpeechBatches(parts.open_cache(), parts.tokenizer, parts.instructions, 10.0)


def test_all_but_labels_has_to_be_known():
    assert partly_answerable({"style"}) == [("style",), ("style", "age", "gender")]
    with_words = partly_answerable({"asr"})
    assert set(with_words) == {tasks for tasks in COMBINATIONS if "asr" in tasks} - {("asr", "align"), ("asr", "chat")}
    assert ("asr", "align") in partly_answerable({"asr", "align"})


def test_a_label_that_is_known_is_asked_for():
    asked = partly_answerable({"asr", "align", "style"})
    assert ("asr", "age", "gender", "style", "emotion") in asked and ("style",) in asked
    assert all("style" in tasks for tasks in asked)


def test_labels_that_nobody_knows_are_drawn_and_marked(batches: SpeechBatches):
    clip = next(clip for clip in batches.cache.clips if clip.split == "train" and clip.text)
    clip = replace(clip, labels={"age": "CHILD"}, words=None, reply="", reply_to="")
    batch = batches.batch([clip] * 200, random.Random(1))
    symbols = {batches.tokenizer.symbol(f"<{label}>"): task for task in LABELS for label in trained_labels(task)}
    age, drawn = batches.tokenizer.symbol("<CHILD>"), set()
    for sequence in batch.sequences:
        assert sequence.target[-1] == EOS
        for place, token in enumerate(sequence.target):
            assert (place in sequence.unknown) == (token in symbols and symbols[token] != "age")
            assert symbols.get(token) != "age" or token == age
        drawn |= {sequence.target[place] for place in sequence.unknown}
    assert {symbols[token] for token in drawn} == set(LABELS) - {"age"}
    assert len(drawn) > 8


def test_what_is_unknown_is_told_and_not_learnt(smoke_run: SmokeRun, tmp_path):
    parts = smoke_run.copied_parts(tmp_path)
    model, tokenizer = parts.model.eval(), parts.tokenizer
    target = tokenizer.target_ids(("age", "gender"), [], {"age": "ADULT", "gender": "MALE"})
    label = len(target) - 3
    known, partly = (Sequence(tokenizer.intent("who"), target=target, unknown=place) for place in ((), (label,)))
    with torch.no_grad():
        whole, rest = (decoder_losses(model, [sequence], None, guided=False) for sequence in (known, partly))
    torch.testing.assert_close(whole.each, rest.each)
    torch.testing.assert_close(rest.words, whole.words - whole.each[label] / len(target))
