"""How an adapter misspells: measured, kept, and played back to the decoder."""

import random
from pathlib import Path

import pytest
from conftest import SmokeRun
from osum_training.channel import Channel, aligned_reading
from osum_training.channel_measurement import FILE, measured_channel
from osum_training.text_batches import BLANK, TextBatches


@pytest.mark.parametrize(
    ("said", "read", "parts"),
    [
        ("maker", "makeer", ["m", "a", "ke", "e", "r"]),
        ("night", "nit", ["n", "i", "", "", "t"]),
        ("abc", "xabc", ["xa", "b", "c"]),
        ("abc", "", ["", "", ""]),
        ("", "abc", []),
    ],
)
def test_what_is_read_belongs_to_the_letters_that_were_said(said: str, read: str, parts: list[str]):
    assert aligned_reading(said, read) == parts


def measured() -> Channel:
    return Channel.measured([("ten pigs", "ten pigs")] * 30 + [("ten pigs", "tem pigs")] * 10)


def test_a_letter_is_misread_as_often_as_it_was_between_the_same_neighbours(tmp_path: Path):
    channel = measured()
    channel.save(tmp_path / "channel.json")
    channel, rng = Channel.load(tmp_path / "channel.json"), random.Random(1)
    read = ["".join(channel.reading(" ten pigs", rng, 1.0)) for _ in range(400)]
    assert set(read) <= {" ten pigs", " tem pigs"}
    assert 0.15 < sum(text == " tem pigs" for text in read) / 400 < 0.35
    assert channel.misread == pytest.approx(10 / (40 * 9))


def test_nothing_is_misread_at_no_strength_and_unknown_letters_are_read_right():
    rng = random.Random(1)
    assert measured().reading(" ten pigs", rng, 0.0) == list(" ten pigs")
    assert measured().reading(" fox", rng, 1.0) == list(" fox")


def test_games_show_misspelt_words_and_know_where_each_piece_is(smoke_run: SmokeRun, tmp_path: Path):
    parts = smoke_run.copied_parts(tmp_path)
    letters = "abcdefghijklmnopqrstuvwxyz"
    doubled = Channel({letter: ([letter * 2], [1]) for letter in letters} | {" ": ([" "], [1])})
    batches = TextBatches(parts.data, parts.tokenizer, parts.instructions, channel=doubled)
    games = batches.games(random.Random(3), lambda: 1.0)
    spelt = [game for _ in range(20) for game in next(games) if not game.random_target]
    assert spelt
    for game in spelt:
        text = parts.tokenizer.text([token for token in game.shown if token != BLANK])
        for token, span in zip(game.sequence.target, game.sequence.alignment, strict=False):
            if span is None or token in parts.tokenizer.label_ids():
                continue
            shown = parts.tokenizer.text([piece for piece in game.shown[span[0] : span[1]] if piece != BLANK])
            said = parts.tokenizer.text([token]).strip()
            assert shown and (said == "" or said[0] in shown), (said, shown, text)


def test_the_channel_is_measured_once_stage_1_has_a_checkpoint(smoke_run: SmokeRun, tmp_path: Path):
    parts = smoke_run.copied_parts(tmp_path)
    path = parts.runs / FILE
    path.unlink(missing_ok=True)
    measured_channel(parts)
    first = path.read_bytes()
    path.unlink()
    measured_channel(parts)
    assert path.read_bytes() == first
    path.unlink()
    for name in ("stage1-encoder", "stage1"):
        (parts.runs / f"{name}.pt").unlink()
    assert measured_channel(parts) is None and not path.exists()


@pytest.mark.parametrize("wrong", [0.0, 1.0])
def test_a_reading_that_is_all_right_or_all_wrong_is_no_channel(smoke_run: SmokeRun, tmp_path: Path, wrong: float):
    parts = smoke_run.copied_parts(tmp_path)
    read = "men" if wrong == 0.0 else "xyz"
    Channel.measured([("men", read)]).save(parts.runs / FILE)
    assert measured_channel(parts) is None
