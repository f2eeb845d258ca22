import json
import os
import random
import re
import subprocess
import sys

import pytest
from osum_training import composition
from osum_training.composition import beside_talk, compose
from osum_training.grammar import COMBINATIONS, TASKS
from osum_training.instruction import plain
from osum_training.instructions import OWN, Instructions
from osum_training.likeness import TOO_ALIKE, Likeness
from osum_training.phrases import FRAME, Phrases, read_typos
from osum_training.slips import mistyped

FORMS = ("terse", "noun", "clause", "question", "verb", "wish")
FRAMES = {"ask_verb": "{}", "ask_noun": "{}", "ask_clause": "{}"}


@pytest.fixture
def bank_of_tags(monkeypatch, tmp_path):
    """A bank whose phrases are the tags that they stand for."""
    bank = Phrases(tmp_path)
    for language in ("zh", "en"):
        for tasks in ((), ("asr", "align"), ("age", "gender"), composition.EVERYTHING, *((task,) for task in TASKS)):
            for form in FORMS:
                bank.known[language, tasks, form] = ["".join(f"<{task}>" for task in tasks) or "<none>"]
            bank.known[language, tasks, "not"] = ["(spared)"]
            bank.known[language, tasks, "talk"] = ["<none>"]
        for form in ("opener", "closer", "chatter", "list", "and", "between", "who", "he", "clip", *FRAMES):
            bank.known[language, FRAME, form] = [FRAMES.get(form, "|")]
    monkeypatch.setattr(composition, "bank", lambda: bank)


def test_a_composed_request_asks_for_its_tasks_and_no_other(bank_of_tags):
    rng = random.Random(3)
    for _ in range(3000):
        instruction = compose(rng)
        asked = set(re.findall(r"<(\w+)>", instruction.text))
        assert ("none" in asked) == (not instruction.tasks)
        if instruction.tasks:
            assert asked == set(instruction.tasks)


def test_every_combination_is_composed_in_both_languages_and_others_too():
    rng = random.Random(3)
    drawn = {(instruction.tasks, instruction.language) for instruction in (compose(rng) for _ in range(6000))}
    assert drawn >= {(tasks, language) for tasks in ((), *COMBINATIONS) for language in ("zh", "en")}
    assert len(drawn) > 2 * (len(COMBINATIONS) + 1)


def test_a_composed_request_has_no_open_slot():
    rng = random.Random(4)
    assert not any({"{", "}"} & set(compose(rng).text) for _ in range(6000))


def test_composing_seldom_repeats_itself():
    rng = random.Random(5)
    assert len({compose(rng).text for _ in range(2000)}) > 1900


def test_one_person_is_meant_throughout_a_request(tmp_path):
    bank = Phrases(tmp_path)
    bank.known = {("en", FRAME, "who"): ["Ann", "Bob"], ("en", FRAME, "he"): ["{who}"], ("en", FRAME, "clip"): ["it"]}
    rng = random.Random(1)
    texts = {bank.filled(rng, "en", "{who} in {clip}, is {he} well, {who}?") for _ in range(50)}
    assert texts == {"Ann in it, is Ann well, Ann?", "Bob in it, is Bob well, Bob?"}


def test_requests_and_phrases_pass_their_check():
    environment = os.environ | {"PYTHONPATH": str(OWN.parents[1])}
    made = subprocess.run([sys.executable, OWN / "check.py"], env=environment, capture_output=True, text=True)
    assert (made.returncode, made.stderr) == (0, "\n")


def test_nothing_drawn_is_scored_on(tmp_path):
    (tmp_path / "instructions").mkdir()
    prompt = {"text": "Transcribe the attached audio.", "tags": ["asr"], "lang": "en"}
    (tmp_path / "instructions" / "train.jsonl").write_text(json.dumps(prompt) + "\n")
    instructions = Instructions(tmp_path)
    instructions.validation, rng = instructions.validation + instructions.held_out, random.Random(6)
    scored = {plain(instruction.text) for instruction in instructions.validation}
    assert len(scored) > 800
    assert not scored & {plain(instruction.text) for instruction in instructions.training}
    assert not scored & {plain(instructions._composed(rng).text) for _ in range(5000)}


def test_likeness_does_not_mind_case_punctuation_or_order():
    likeness = Likeness(["How does she feel?", "把录音转成文字"])
    assert likeness.closest("how does SHE feel") == (1.0, "How does she feel?")
    assert likeness.closest("录音，把，转成文字！")[0] > 0.6
    assert likeness.closest("how does he feel")[0] >= TOO_ALIKE
    assert likeness.closest("What mood is she in?")[0] < 0.5
    assert likeness.closest("说")[0] == 0.0


def test_typos_are_no_words_that_they_stand_for():
    for words in read_typos().values():
        assert all(typo != word for word, typos in words.items() for typo in typos)


def test_a_slip_changes_little():
    rng = random.Random(7)
    for language, text in (("en", "please tell me the emotion of the speaker"), ("zh", "请告诉我说话人的情绪")):
        slips = {mistyped(text, language, rng) for _ in range(200)}
        assert len(slips) > 10
        assert all(abs(len(slip) - len(text)) <= 4 for slip in slips)


def test_talk_stands_beside_a_request_and_leaves_it_as_it_is():
    rng, talk = random.Random(5), set()
    for language, text in (("en", "how old is she"), ("zh", "她多大了？")):
        for _ in range(60):
            both = beside_talk(text, language, rng)
            assert both.startswith(text) or both.endswith(text)
            talk.add(both.replace(text, "").strip(" .,。，"))
    assert len(talk) > 80
    assert "" not in talk


def test_a_slip_leaves_what_is_short_and_not_known_as_it_is():
    assert mistyped("m or f", "en", random.Random(1)) == "m or f"
