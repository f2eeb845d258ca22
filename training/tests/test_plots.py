import json
import struct
from pathlib import Path

import pytest
from osum_training.errors import InputError
from osum_training.plots import active_seconds, curves, read_log, write_plots


def write_log(path: Path, lines: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def line(step: int, **figures) -> dict:
    return {"time": 1000 + 60 * step, "step": step, "hours": step / 10, **figures}


def write_runs(folder: Path) -> Path:
    write_log(
        folder / "stage1.jsonl", [line(1, ctc=5.0, norm=1.0), line(2, ctc=4.0), line(2, evaluation={"asr x": 0.9})]
    )
    later = {"asr x": 0.5, "gender y": 0.8, "align z": 0.1, "intent en": 0.9}
    write_log(folder / "stage3.jsonl", [line(1, ce=3.0), line(4, ce=2.0), line(4, evaluation=later)])
    return folder


def test_every_figure_becomes_a_picture(tmp_path: Path):
    paths = write_plots(write_runs(tmp_path))
    assert [path.name for path in paths] == [
        "losses.png",
        "word-error-rates.png",
        "label-accuracies.png",
        "word-starts.png",
    ]
    for path in paths:
        header = path.read_bytes()[:24]
        assert header.startswith(b"\x89PNG")
        assert struct.unpack(">II", header[16:]) == (1430, 550)


def test_stages_follow_one_another(tmp_path: Path):
    found = curves(write_runs(tmp_path), lambda x: {k: v for k, v in x.items() if k in ("ctc", "ce")})
    assert [(c.name, c.stage, c.hours, c.seconds) for c in found] == [
        ("ctc", "stage1", [0.1, 0.2], [0.0, 60.0]),
        ("ce", "stage3", [0.2 + 0.1, 0.2 + 0.4], [60.0, 60.0 + 180.0]),
    ]


def test_steps_that_a_killed_run_repeats_and_torn_lines_count_once(tmp_path: Path):
    path = tmp_path / "stage1.jsonl"
    write_log(path, [line(1), line(2), line(3), {**line(2), "again": 1}, line(3)])
    path.write_text(path.read_text() + '{"time": 12')
    assert [(x["step"], "again" in x) for x in read_log(path)] == [(1, False), (2, False), (2, True), (3, False)]


def test_pauses_between_runs_are_no_training():
    assert list(active_seconds([{"time": t} for t in (100, 160, 100_000, 100_060)])) == [0.0, 60.0, 60.0, 120.0]


def test_without_logs_there_is_one_sentence(tmp_path: Path):
    with pytest.raises(InputError, match="has no log of a stage yet"):
        write_plots(tmp_path)
