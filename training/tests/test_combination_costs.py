"""What combinations cost, from the answers of `osum eval`."""

import json
from pathlib import Path

import pytest
from osum_training.combination_costs import Costs, Part, combination_costs
from osum_training.errors import InputError


def answer(name: str, errors: dict, intent: str = "") -> dict:
    return {"set": name, "hypothesis": {"intent": intent or name}, "errors": errors}


def words(wrong: int) -> dict:
    return {"words": {"reference": 10, "substitutions": wrong, "insertions": 0, "deletions": 0}}


def label(given: str | None) -> dict:
    return {"expected": "ADULT"} | ({} if given is None else {"given": given})


def written(folder: Path, answers: list[dict]) -> Path:
    path = folder / "results.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in answers))
    return path


def test_parts_are_compared_with_the_same_clips_alone(tmp_path: Path):
    both, times, reply = "<asr><age>", "<asr><align>", "<asr><chat>"
    answers = [
        answer(both, {"asr": words(3), "age": label("ADULT")}),
        answer(both, {"asr": words(1), "age": label(None)}, intent="<asr>"),
        answer(f"single tasks for {both}", {"asr": words(1)}, intent="<asr>"),
        answer(f"single tasks for {both}", {"asr": words(0)}, intent="<asr>"),
        *[answer(f"single tasks for {both}", {"age": label("ADULT")}, intent="<age>")] * 2,
        answer(times, {"align": {"startErrorsMs": [10, 90, 30]}}),
        answer(f"single tasks for {times}", {"align": {"startErrorsMs": [10, 20]}}),
        answer(reply, {"chat": {"fits": False}}),
        answer(f"single tasks for {reply}", {"chat": {"fits": True}}),
        answer("<asr>", {"asr": words(10)}),
    ]
    expected = [Part("asr", 2, 80, 95), Part("align", 1, 30, 15), Part("chat", 1, 0, 100), Part("age", 2, 50, 100)]
    costs = combination_costs(written(tmp_path, answers))
    assert costs._replace(parts=[]) == Costs(4, 3, [])
    for part, wanted in zip(costs.parts, expected, strict=True):
        assert part[:2] == wanted[:2]
        assert part[2:] == pytest.approx(wanted[2:])


@pytest.mark.parametrize(
    ("lines", "told"),
    [([answer("<asr>", {})], "no answers to combinations"), ([{"set": "<asr>"}], "jsonl line 1: expected an answer")],
)
def test_other_files_are_refused(tmp_path: Path, lines: list[dict], told: str):
    with pytest.raises(InputError, match=told):
        combination_costs(written(tmp_path, lines))


def test_a_missing_and_a_broken_file_are_told(tmp_path: Path):
    with pytest.raises(InputError, match=r"results\.jsonl"):
        combination_costs(tmp_path / "results.jsonl")
    (tmp_path / "results.jsonl").write_text('{"set": ')
    with pytest.raises(InputError, match="jsonl line 1: expected one JSON object"):
        combination_costs(tmp_path / "results.jsonl")
