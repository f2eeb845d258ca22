"""Which reply to an intent is learnt, and which of its ids only what was said can tell."""

import pytest
from conftest import SmokeRun
from osum_training.chat_rubric import read_intents
from osum_training.replies import Replies


@pytest.fixture(scope="module")
def replies(smoke_run: SmokeRun, tmp_path_factory: pytest.TempPathFactory) -> Replies:
    return Replies(smoke_run.copied_parts(tmp_path_factory.mktemp("replies")).tokenizer, read_intents())


def told_apart(replies: Replies, one: str, other: str) -> int:
    """The place, in the target of a reply alone, of the first id by which two replies differ."""
    targets = [replies.tokenizer.target_ids(("chat",), [], {}, replies.to(name)) for name in (one, other)]
    return next(n for n, (a, b) in enumerate(zip(*targets, strict=False)) if a != b)


def test_a_choice_is_where_the_reply_to_another_intent_goes_on_otherwise(replies: Replies):
    for one in replies.intents:
        apart = {told_apart(replies, one, other) for other in replies.intents if other != one}
        assert set(replies.place(one, ("chat",), []).choices) == apart


def test_choices_move_with_what_stands_before_the_reply(replies: Replies):
    alone, behind = (
        replies.place("hello", tasks, words) for tasks, words in ((("chat",), []), (("asr", "chat"), [5, 6]))
    )
    assert alone.intent == behind.intent == replies.intents["hello"].number
    target = replies.tokenizer.target_ids(("asr", "chat"), [5, 6], {}, replies.to("hello"))
    first = replies.tokenizer.target_ids(("chat",), [], {}, replies.to("hello"))[alone.choices[0]]
    assert target[behind.choices[0]] == first
    assert behind.choices[0] > alone.choices[0]


def test_the_reply_that_is_learnt_fits_its_intent(replies: Replies):
    assert all(intent.rubric.fits(replies.to(name)) for name, intent in replies.intents.items())
