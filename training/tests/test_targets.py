"""Targets of the reference in the model's words (section 7)."""

import pytest
from osum_training.errors import InputError
from osum_training.formats.labels import RENAMED, assigned, label_of
from osum_training.formats.target import normalised, parse_target
from osum_training.formats.task_keys import tasks_of
from osum_training.grammar import LABELS


def test_dataset_keys_become_tasks_in_their_order():
    assert tasks_of("<TRANSCRIBE> <AGE>", "here") == ("asr", "age")
    assert tasks_of("<TRANSCRIBE><CAPTION> <GENDER>", "here") == ("asr", "caption", "gender")
    assert tasks_of("<S2TCHAT> <TEXT2TOKEN>", "here") == ("chat",)
    assert tasks_of("<TEXT2TEXT>", "here") is None


def test_every_new_name_of_a_label_is_one_of_the_model():
    for task, names in RENAMED.items():
        assert all(new in LABELS[task] and old not in LABELS[task] for old, new in names.items())


@pytest.mark.parametrize(
    ("task", "found", "label"),
    [
        ("age", "YOUTH", "ADULT"),
        ("age", "middle_age", "ADULT"),
        ("age", "old", "OLD"),
        ("emotion", "angry", "ANGER"),
        ("style", "科普百科", "新闻科普"),
        ("style", "武侠评书", "有声书"),
        ("style", "幽默", "其他"),
        ("caption", "throat clearing", "THROAT_CLEARING"),
        ("caption", "Laugh", "LAUGH"),
        ("gender", "OTHER", None),
    ],
)
def test_labels_are_renamed(task: str, found: str, label: str | None):
    assert label_of(task, found) == label


def test_labels_go_to_tasks_by_order_and_else_by_meaning():
    assert assigned(("emotion", "caption"), ["OTHER", "COUGH"], "") == {"emotion": "OTHER", "caption": "COUGH"}
    assert assigned(("age", "gender"), ["MALE", "CHILD"], "") == {"age": "CHILD", "gender": "MALE"}


def test_spaces_around_chinese_and_brackets_go_and_plain_transcripts_are_lower_case():
    assert normalised(" 今天 Tian 气 good  day < ADULT > ", lower=False) == "今天Tian气good  day<ADULT>"
    assert parse_target("Hello World", ("asr",), "").text == "hello world"
    assert parse_target("Hello World<MALE>", ("asr", "gender"), "").text == "Hello World"


@pytest.mark.parametrize("text", ["今<0.1, 0.3>天 <0.3,0.55>", "<0.1>今<0.3><0.3>天<0.55>"])
def test_times_stand_behind_a_word_or_around_it(text: str):
    target = parse_target(text, ("asr", "align"), "here")
    assert target.words == [("今", 0.1, 0.3), ("天", 0.3, 0.55)]
    assert target.text == "今天"


@pytest.mark.parametrize("text", ["今天", "<0.1,0.3>今", "今<0.5,0.3>", "one<0.1><0.4>two"])
def test_words_without_times_are_refused(text: str):
    with pytest.raises(InputError, match=r"here: expected times such as <0\.1, 0\.4> for every word"):
        parse_target(text, ("asr", "align"), "here")


def test_answers_of_chats_lose_their_thinking_and_keep_what_was_heard():
    assert parse_target("<think>hm<think end>You too.", ("chat",), "").reply == "You too."
    target = parse_target("hello<开始回答>Hello to you.", ("asr", "chat"), "")
    assert (target.text, target.reply) == ("hello", "Hello to you.")
    with pytest.raises(InputError, match="expected a transcript, <开始回答> and an answer"):
        parse_target("Hello to you.", ("asr", "chat"), "here")


@pytest.mark.parametrize("label", ["<NONE>", "<null>", "<None>"])
def test_missing_labels_are_marked(label: str):
    assert parse_target(f"hello{label}", ("asr", "age"), "").unlabelled
