import torch
from osum_training.losses import ctc_alignment, guide_loss, row_looks, token_looks
from osum_training.sequences import Sequence


def test_the_alignment_of_a_clear_path_is_that_path():
    path = [3, 0, 3, 1, 1, 3]  # class 3 is blank
    logits = torch.full((1, 6, 4), -5.0)
    logits[0, torch.arange(6), torch.tensor(path)] = 5.0
    assert ctc_alignment(logits, torch.tensor([6]), [[0, 1]]) == [[(1, 2), (3, 5)]]


def test_a_repeated_id_needs_a_blank_between():
    logits = torch.zeros(1, 3, 3)
    logits[0, :, 0] = 4.0
    assert ctc_alignment(logits, torch.tensor([3]), [[0, 0]]) == [[(0, 1), (2, 3)]]


def test_the_guide_is_zero_when_heads_look_at_the_right_rows():
    sequence = Sequence([1, 2], rows=4, after=[3], target=[7], alignment=[(2, 3)])
    attention = torch.zeros(1, 6, sequence.prompt_length, sequence.prompt_length)
    attention[0, :, sequence.prompt_length - 1, sequence.speech_at + 2] = 1.0
    assert float(guide_loss([attention], token_looks([sequence]))) == 0.0


def test_a_row_looks_at_the_token_before_and_the_first_at_the_mark():
    sequence = Sequence([1, 2], rows=6, after=[3], target=[7, 8, 9], alignment=[(1, 2), None, (3, 5)])
    assert row_looks([sequence]) == [(0, 4, 2, 3), (0, 6, 4, 5), (0, 7, 4, 5)]
