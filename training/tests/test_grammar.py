from osum_training.grammar import COMBINATIONS, answerable, label_symbols, parse_answer, tag_string


def test_the_22_combinations_of_the_reference_are_distinct():
    assert len(COMBINATIONS) == len(set(COMBINATIONS)) == 22


def test_labels_follow_the_order_of_the_tags():
    labels = {"age": "ADULT", "gender": "FEMALE", "style": "客服"}
    assert label_symbols(("asr", "style", "age", "gender"), labels) == ["<客服>", "<ADULT>", "<FEMALE>"]


def test_a_clip_is_asked_only_for_what_it_carries():
    assert answerable({"emotion"}) == [("emotion",)]
    assert set(answerable({"asr", "gender"})) == {("asr",), ("gender",), ("asr", "gender")}


def test_an_answer_is_taken_apart():
    answer = tag_string(("asr", "age")) + " hello world<ADULT>"
    assert parse_answer(answer) == (("asr", "age"), "hello world", ["ADULT"])
    assert parse_answer("<gender><MALE>") == (("gender",), "", ["MALE"])
