"""The games whose answer the words tell: a style, and a reply to what was said."""

import random

import pytest
import torch
from conftest import SmokeRun
from osum_training.chat import ChatLines
from osum_training.config import PASSAGE_PIECES
from osum_training.sequences import Sequence
from osum_training.stages import Difficulty
from osum_training.text import spoken_form
from osum_training.text_batches import BLANK, STYLE_SHOWN, CopyGame, TextBatches
from osum_training.tokenizer import BOS, Tokenizer


@pytest.fixture(scope="module")
def drawn(smoke_run: SmokeRun, tmp_path_factory: pytest.TempPathFactory) -> tuple[Tokenizer, TextBatches, list]:
    parts = smoke_run.copied_parts(tmp_path_factory.mktemp("games"))
    batches = TextBatches(parts.data, parts.tokenizer, parts.instructions)
    games = batches.games(random.Random(4), lambda: 0.0)
    return parts.tokenizer, batches, [game for _ in range(60) for game in next(games)]


def words_shown(tokenizer: Tokenizer, game: CopyGame) -> str:
    labels = tokenizer.label_ids()
    return tokenizer.text([token for token in game.shown if token != BLANK and token not in labels]).strip()


def test_a_style_is_that_of_the_sentence_and_mostly_not_shown(drawn):
    tokenizer, batches, games = drawn
    style_of = {spoken_form(text): style for style, texts in batches.sentences.styled.items() for text in texts}
    told, shown = 0, 0
    for game in games:
        style = style_of.get(words_shown(tokenizer, game))
        answer = tokenizer.text(game.sequence.target)
        if game.random_target or style is None or f"<{style}>" not in answer:
            continue
        told += 1
        shown += tokenizer.symbol(f"<{style}>") in game.shown
    assert told > 20
    assert shown / told < 2 * STYLE_SHOWN


def test_what_asks_for_a_reply_is_answered_by_its_intent(drawn):
    tokenizer, _, games = drawn
    chat = ChatLines("train")
    names = list(chat.intents)
    of_chat = [game for game in games if tokenizer.text(game.sequence.target).startswith(("<chat>", "<asr><chat>"))]
    assert len(of_chat) > 20
    replies = {intent.replies[0] for intent in chat.intents.values()}
    for game in of_chat:
        answer = tokenizer.text(game.sequence.target)
        said = words_shown(tokenizer, game)
        if answer.startswith("<chat>"):
            assert game.sequence.before == tokenizer.chat()[0]
            assert answer.removeprefix("<chat>") in replies
        else:
            heard, reply = answer.removeprefix("<asr><chat>").split("<开始回答>")
            assert heard.strip() == said
            assert reply in replies
        assert len(game.sequence.alignment) == len(game.sequence.target)
        learnt = game.sequence.reply
        assert learnt is not None
        reply = chat.intents[names[learnt.intent]].replies[0]
        assert answer.endswith(reply)
        assert tokenizer.text(game.sequence.target[learnt.choices[0] :]) == reply


def test_running_text_goes_on_from_line_to_line_and_leaves_out_what_is_scored_on(drawn):
    tokenizer, batches, _ = drawn
    lines = [spoken_form(line) for line in batches.novels]
    kept = [line for line in lines if line and not batches.held_out.share(line)]
    whole = " ".join(kept + kept)
    passages = batches.running(random.Random(5), 20 * PASSAGE_PIECES)
    assert len(passages) == 20
    for passage in passages:
        assert (passage.before, passage.rows, len(passage.target)) == ([BOS], None, PASSAGE_PIECES)
        assert tokenizer.text(passage.target).strip() in whole


def random_games(count: int) -> list[CopyGame]:
    return [CopyGame(Sequence([BOS], target=[1, 2]), [1, 2], random_target=True) for _ in range(count)]


@pytest.mark.parametrize(("loss", "ends_at"), [(0.2, 1.0), (6.0, 0.3)])
def test_the_games_grow_as_hard_as_the_loss_on_random_words_allows(loss, ends_at):
    level = Difficulty(0.3)
    level.load_state_dict({"value": 0.6, "loss": 1.9})
    for _ in range(150):
        level.follow(random_games(2), torch.full((4,), loss))
    assert level.value == pytest.approx(ends_at)


def test_the_games_stay_as_hard_as_they_are_without_random_words():
    level = Difficulty()
    level.load_state_dict({"value": 0.6, "loss": 2.1})
    told = [CopyGame(Sequence([BOS], target=[1]), [1], random_target=False)]
    level.follow(told, torch.zeros(1))
    assert level.value == 0.6
