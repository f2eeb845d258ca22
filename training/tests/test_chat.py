"""The chat domain: its data, its rubric, what is held out, and what a wrong file is told."""

import json
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from osum_training.chat import CHAT_DATA, OPENERS, SPLITS, ChatLines, read_utterances
from osum_training.chat_rubric import Rubric, confusion, fits, read_intents, reply_words
from osum_training.errors import InputError
from osum_training.json_lines import json_lines
from osum_training.text import spoken_form

# Words that may be added to a sentence without making it another way to say the thing.
FILLERS = {"please", "hey", "oh", "well", "so", "okay", "osum", "um", "now", "then", "today", "right", "my", "friend"}
FILLERS |= {"i", "am", "i'm", "you", "do", "is", "it", "it's", "to", "the", "a", "an", "and", "really", "very", "just"}
FILLERS |= {"too"}
INTENTS = read_intents()
LINES = read_utterances(INTENTS)


def content_words(text: str) -> tuple[str, ...]:
    return tuple(word for word in spoken_form(text).split() if word not in FILLERS)


def write_domain(folder: Path, intents: list[dict], utterances: list[dict]) -> Path:
    (folder / "utterances").mkdir()
    for path, records in ((folder / "intents.jsonl", intents), (folder / "utterances" / "a.jsonl", utterances)):
        path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return folder


def greeting_intent(**changes: object) -> dict:
    rubric = {"needs": [["hello", "greet*"]], "forbids": ["good night"], "words": [2, 5], "repeats": 2}
    return {"intent": "greeting", "replies": ["Hello there!"], "rubric": rubric} | changes


def greeting_lines(**changes: str) -> list[dict]:
    texts = {"train": "Hi.", "dev": "Hello there.", "test": "Good day to you."} | changes
    return [{"intent": "greeting", "split": split, "text": text} for split, text in texts.items()]


def test_each_intent_has_enough_lines_and_replies():
    counts = Counter((line.intent, line.split) for line in LINES)
    for name, intent in INTENTS.items():
        wanted = {"train": 60, "dev": 20, "test": 10} if name == "other" else {"train": 45, "dev": 8, "test": 6}
        assert all(counts[name, split] >= least for split, least in wanted.items()), name
        assert 3 <= len(set(intent.replies)) <= 5
        assert all(4 <= len(reply_words(reply)) <= 16 for reply in intent.replies), name


def test_held_out_lines_are_no_trivial_variants_of_training_lines():
    contents: set[tuple[str, ...]] = set()
    word_sets: dict[str, list[set[str]]] = {}
    for line in LINES:
        if line.split == "train":
            contents.add(content_words(line.text) or ("",))
            word_sets.setdefault(line.intent, []).append(set(spoken_form(line.text).split()))
    for line in LINES:
        if line.split == "train":
            continue
        assert content_words(line.text) not in contents, line.text
        words = set(spoken_form(line.text).split())
        assert all(len(words & known) < 0.8 * len(words | known) for known in word_sets[line.intent]), line.text


def test_replies_to_other_intents_rarely_pass():
    shares = confusion(INTENTS)
    assert sum(shares.values()) / len(shares) < 0.01
    for asked in INTENTS:
        own = [share for (intent, _), share in shares.items() if intent == asked]
        assert sum(own) / len(own) < 0.05, asked


def test_the_rubric_judges_replies_that_it_was_not_written_from():
    for place, check in json_lines(CHAT_DATA / "rubric-checks.jsonl"):
        assert fits(check["intent"], check["reply"]) == check["fits"], place


def test_words_of_a_reply_are_lower_case_runs_of_letters_and_inner_apostrophes():
    assert reply_words("“I DON’T,” he said -- 'no' 2 times… ''") == ["i", "don't", "he", "said", "no", "times"]
    assert reply_words(" 42 \n你好") == []


@pytest.mark.parametrize(
    ("reply", "passes"),
    [
        ("hello there", True),
        ("My greetings!", True),
        ("Othello there", False),
        ("hellos there", False),
        ("hello", False),
        ("hello one two three four five", False),
        ("hello, a good night", False),
        ("hello, a good knight", True),
        ("hello hello hello", False),
        ("", False),
    ],
)
def test_a_pattern_is_whole_words_unless_it_ends_in_a_star(reply: str, passes: bool):
    rubric = Rubric((("hello", "greet*"),), ("good night",), (2, 5), 2)
    assert rubric.fits(reply) is passes


def test_every_group_of_needs_must_occur():
    rubric = Rubric((("clock", "time"), ("no", "cannot")), (), (1, 25), 4)
    assert rubric.fits("I have no clock")
    assert not rubric.fits("Here is a clock")
    assert not rubric.fits("I have no idea")


def test_draws_are_reproducible_and_joined_lines_are_of_one_intent():
    chat = ChatLines("train")
    draws = [chat.draw_line(rng) for rng in [random.Random(3)] for _ in range(500)]
    assert draws == [chat.draw_line(rng) for rng in [random.Random(3)] for _ in range(500)]
    intent_of = {line.text: line.intent for line in chat.lines}
    opened = joined = 0
    for line in draws:
        text = line.text
        opener, _, rest = text.partition(", ")
        if text not in intent_of and opener in OPENERS and rest in intent_of:
            opened += 1
            text = rest
        if text not in intent_of:
            joined += 1
            same = [one for one in chat.lines if one.intent == line.intent]
            first = next(one for one in same if text.startswith(f"{one.text} "))
            text = text.removeprefix(first.text).strip()
        assert intent_of[text] == line.intent
    assert 0.05 * len(draws) < opened < 0.25 * len(draws)
    assert 0.03 * len(draws) < joined < 0.17 * len(draws)


@pytest.mark.parametrize("split", ["dev", "test"])
def test_held_out_lines_are_drawn_as_they_stand(split: str):
    chat = ChatLines(split)
    texts, rng = {line.text for line in chat.lines}, random.Random(0)
    assert all(chat.draw_line(rng).text in texts for _ in range(300))
    assert not any(chat.fits(line, "the cat sat on the mat") for line in chat.lines)


def test_the_splits_are_all_the_lines():
    assert sum(len(ChatLines(split).lines) for split in SPLITS) == len(LINES)
    with pytest.raises(ValueError, match="train, dev, test, got 'valid'"):
        ChatLines("valid")


@pytest.mark.parametrize(
    ("intents", "utterances", "message"),
    [
        ([greeting_intent(extra=1)], greeting_lines(), r"intents.jsonl line 1: expected the keys"),
        ([greeting_intent(), greeting_intent()], greeting_lines(), "line 2: expected a name that no other intent has"),
        ([greeting_intent(replies=["Good day."])], greeting_lines(), "'Good day.' does not pass the rubric"),
        ([greeting_intent(rubric={"needs": []})], greeting_lines(), "expected a rubric with needs, forbids"),
        ([], greeting_lines(), "has no intent"),
        ([greeting_intent()], [], "greeting has no train line"),
        ([greeting_intent()], greeting_lines(dev="hi!"), "'hi!' stands in {folder}/utterances/a.jsonl line 1 already"),
        ([greeting_intent()], greeting_lines(train="Call 112."), "expected letters, apostrophes"),
        ([greeting_intent()], greeting_lines(train="hello " * 17 + "there."), "expected 1 to 16 words, got 18"),
        ([greeting_intent()], [{"intent": "farewell", "split": "dev", "text": "Bye."}], "'farewell' is not in intents"),
        ([greeting_intent()], [{"intent": "greeting", "split": "all", "text": "Hi."}], "one of train, dev, test"),
        ([greeting_intent()], [{"intent": "greeting", "text": "Hi."}], "a.jsonl line 1: expected the keys"),
    ],
)
def test_a_wrong_file_is_told_in_one_sentence(tmp_path: Path, intents: list, utterances: list, message: str):
    folder = write_domain(tmp_path, intents, utterances)
    with pytest.raises(InputError, match=re.escape(message.format(folder=folder))):
        ChatLines("train", folder)


@pytest.mark.parametrize(
    "change",
    [{"needs": [[]]}, {"needs": [["Hello"]]}, {"forbids": ["a*b"]}, {"words": [2]}, {"repeats": 0}, {"forbids": "bye"}],
)
def test_a_rubric_of_another_form_is_refused(tmp_path: Path, change: dict):
    rubric = greeting_intent()["rubric"] | change
    folder = write_domain(tmp_path, [greeting_intent(rubric=rubric)], greeting_lines())
    with pytest.raises(InputError, match=f"intents.jsonl line 1: expected {next(iter(change))}|patterns"):
        read_intents(folder)


def test_missing_and_broken_files_are_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"intents\.jsonl is missing; it belongs to the chat domain"):
        read_intents(tmp_path)
    (tmp_path / "intents.jsonl").write_text("{no json}\n")
    with pytest.raises(InputError, match=r"intents\.jsonl line 1: expected one JSON object, got '\{no json\}'"):
        read_intents(tmp_path)
    with pytest.raises(InputError, match=r"has no \.jsonl file"):
        read_utterances(INTENTS, tmp_path)


def test_the_module_needs_no_torch():
    code = "import sys, osum_training.chat; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=CHAT_DATA.parents[1]).returncode == 0
