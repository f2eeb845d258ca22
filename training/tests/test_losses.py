import torch
from osum_training.losses import ctc_alignment, guide_loss, reply_loss, row_looks, row_loss, token_looks
from osum_training.sequences import Reply, Sequence


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


def test_what_a_reply_answers_is_read_from_each_state_that_predicts_a_choice_of_it():
    asked = Sequence([1, 2], rows=3, after=[3], target=[7, 8, 9, 10], reply=Reply(2, (1, 2)))
    states = torch.zeros(2, 12, 4)
    states[1, asked.prompt_length : asked.prompt_length + 2, 2] = 50.0
    plain = Sequence([1], target=[7])
    assert float(reply_loss(torch.nn.Identity(), states, [plain, asked])) == 0.0
    torch.testing.assert_close(reply_loss(torch.nn.Identity(), states, [asked, plain]), torch.tensor(4.0).log())
    assert float(reply_loss(torch.nn.Identity(), states, [plain, plain])) == 0.0
    states[1, asked.prompt_length + 1] = 0.0
    half = torch.tensor(4.0).log() / 2
    torch.testing.assert_close(reply_loss(torch.nn.Identity(), states, [plain, asked]), half)


def test_rows_are_pulled_to_what_ctc_reads_in_them_and_padding_is_left_out():
    classes = torch.eye(3, 8) * 4.0
    rows = torch.stack([classes[[0, 2, 1, 1]], torch.cat([classes[[1]], torch.full((3, 8), 9.0)])])
    lengths = torch.tensor([4, 1])
    certain = 1e3 * rows @ classes.T
    assert float(row_loss(rows, lengths, certain, classes)) == 0.0
    aside = torch.zeros(8)
    aside[5] = 8.0
    moved = (rows + aside).requires_grad_()
    loss = row_loss(moved, lengths, certain, classes)
    torch.testing.assert_close(loss, torch.tensor(4.0))
    (pull,) = torch.autograd.grad(loss, moved)
    assert float(pull[0, :, 5].min()) > 0
    assert not pull[1, 1:].any()
    torch.testing.assert_close(pull[0, :, :3], torch.zeros(4, 3))
