"""The reference's formats raw, shard and combine, and its dataset YAML."""

from collections import Counter
from pathlib import Path
from typing import Literal

import pytest
from osum_training.config import SourceConfig
from osum_training.errors import InputError
from osum_training.formats import FORMATS, records
from osum_training.formats.clips import check_unit, read_clips
from osum_training.formats.dataset import expanded
from osum_training.formats.filters import SampleFilter
from osum_training.formats.target import parse_target
from reference_files import members, tone, write_lines, write_tar

FILTER = SampleFilter(lambda text: len(text.split()))


def source(kind: Literal["raw", "shard", "combine"], path: Path, **settings) -> SourceConfig:
    return SourceConfig("CC0-1.0", "tests", "set", kind, str(path), **settings)


def read(found: SourceConfig, left_out: Counter | None = None) -> list:
    units = FORMATS[found.format].units(Path(found.path))
    return [
        clip for unit in units for clip in read_clips(found, unit, FILTER, Counter() if left_out is None else left_out)
    ]


def write_shards(folder: Path) -> Path:
    first = members("a.1", "Hello There", "<TRANSCRIBE>") + members("b", "hi<YOUTH>", "<TRANSCRIBE> <AGE>")
    write_tar(folder / "tars" / "shard_0.tar", first)
    write_tar(folder / "tars" / "shard_1.tar", members("c", "<MALE>", "<GENDER>"))
    index = folder / "shards_list.txt"
    index.write_text("tars/shard_0.tar\n-|tars/shard_1.tar\n")
    return index


def test_shards_are_read_from_an_index_or_one_by_one(tmp_path: Path):
    index = write_shards(tmp_path)
    clips = read(source("shard", index))
    assert [clip.key for clip in clips] == ["set:a.1", "set:b", "set:c"]
    assert [clip.text for clip in clips] == ["hello there", "hi", None]
    assert [clip.labels for clip in clips] == [{}, {"age": "ADULT"}, {"gender": "MALE"}]
    assert all(len(clip.audio) == 16_000 and clip.split == "train" for clip in clips)
    assert len(read(source("shard", tmp_path / "tars" / "shard_1.tar", split="dev"))) == 1


def test_a_unit_is_checked_without_decoding(tmp_path: Path):
    unit = FORMATS["shard"].units(write_shards(tmp_path))[0]
    assert check_unit(unit) == (2, 2.0)


def test_combined_lines_override_the_tar_and_choose_its_items(tmp_path: Path):
    write_shards(tmp_path)
    lines = write_lines(
        tmp_path / "combine" / "shard_0.list",
        [{"key": "b", "txt": "well<ANGRY>", "task": "<TRANSCRIBE> <EMOTION>", "extra": {"question": "Who is it?"}}],
    )
    (tmp_path / "combine" / "combines_list.txt").write_text(f"{lines}\n")
    (tmp_path / "combine" / "combines_tar_root.txt").write_text("../tars/\n")
    (clip,) = read(source("combine", tmp_path / "combine"))
    assert (clip.text, clip.labels, clip.question) == ("well", {"emotion": "ANGER"}, "Who is it?")
    index = tmp_path / "mixed.txt"
    index.write_text("combine/shard_0.list|tars/shard_0.tar\n-|tars/shard_1.tar\n")
    assert [clip.key for clip in read(source("shard", index))] == ["set:b", "set:c"]


def test_raw_lines_name_audio_files_and_parts_of_them(tmp_path: Path):
    (tmp_path / "clip.flac").write_bytes(tone(2.0, rate=8000, kind="FLAC"))
    values: list[dict] = [
        {"key": "x", "wav": "clip.flac", "txt": "one", "start": 0.5, "end": 1.0},
        {"key": "y", "wav": str(tmp_path / "clip.flac"), "txt": "<客服>", "task": "<STYLE>"},
    ]
    clips = read(source("raw", write_lines(tmp_path / "data.list", values)))
    assert [len(clip.audio) for clip in clips] == [8_000, 32_000]
    assert clips[1].labels == {"style": "客服"}


def test_long_raw_files_are_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(FORMATS["raw"], "LINES_A_UNIT", 2)
    (tmp_path / "a.wav").write_bytes(tone())
    lines = [{"key": str(n), "wav": "a.wav", "txt": "word"} for n in range(5)]
    units = FORMATS["raw"].units(write_lines(tmp_path / "data.list", lines))
    assert [[record.key for record in records(unit)] for unit in units] == [["0", "1"], ["2", "3"], ["4"]]


def test_text_only_and_unlabelled_items_and_other_names_are_left_out_and_counted(tmp_path: Path):
    items = members("a", "<asr>", "<INTENT_CLASSIFICATION>") + members("b", "hm<NONE>", "<TRANSCRIBE> <EMOTION>")
    items += members("c", "I am ChatGPT", "<TRANSCRIBE>") + members("d", "kept", "<TRANSCRIBE>")
    items += members("e", "brief", "<TRANSCRIBE>", audio=tone(0.1))
    left_out: Counter = Counter()
    clips = read(source("shard", write_tar(tmp_path / "a.tar", items)), left_out)
    assert [clip.key for clip in clips] == ["set:d"]
    assert left_out == {"text only": 1, "missing label": 1, "names another assistant": 1, "too short or too long": 1}


@pytest.mark.parametrize(
    ("text", "task", "seconds", "reason"),
    [("word " * 13_000, "asr", 1.0, "target too long"), ("word " * 600, "asr", 30.0, "sequence too long")],
)
def test_long_items_are_left_out(text: str, task: str, seconds: float, reason: str):
    assert FILTER.reason(parse_target(text, (task,), "here"), seconds, "") == reason


def test_spoken_form_is_a_choice(tmp_path: Path):
    tar = write_tar(tmp_path / "a.tar", members("a", "Mr. Fox, 's here", "<TRANSCRIBE>"))
    assert read(source("shard", tar))[0].text == "mr. fox, 's here"
    assert read(source("shard", tar, spoken_form=True))[0].text == "mister fox s here"


def test_a_dataset_file_gives_names_formats_and_weights(tmp_path: Path):
    (tmp_path / "sets").mkdir()
    text = "plain:\n  path: a/shards_list.txt\n  shard_num: 3\n"
    text += "more:\n  path: /x/combines_list.txt\n  weight: 1.2\nlines:\n  path: data.list\n  weight: 0.1\n"
    (tmp_path / "sets" / "data.yaml").write_text(text)
    found = expanded((SourceConfig("CC0-1.0", "tests", dataset="sets/data.yaml", split="dev"),), tmp_path)
    assert [(s.name, s.format, s.weight) for s in found] == [
        ("plain", "shard", 1.0),
        ("more", "combine", 1.2),
        ("lines", "raw", 0.1),
    ]
    assert found[0].path == str(tmp_path / "sets" / "a" / "shards_list.txt")
    assert found[1].path == "/x/combines_list.txt" and {s.split for s in found} == {"dev"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a", "expected a name for each source"),
        ("a:\n  weight: 2", "a: expected a path"),
        ("a:\n  path: x\n  weight: heavy", "expected a weight of 0 or more, got 'heavy'"),
        ("a: [", "is no YAML file"),
    ],
)
def test_a_wrong_dataset_file_is_told(tmp_path: Path, text: str, message: str):
    (tmp_path / "data.yaml").write_text(text)
    with pytest.raises(InputError, match=message) as error:
        expanded((SourceConfig("CC0-1.0", "tests", dataset="data.yaml"),), tmp_path)
    assert "\n" not in str(error.value)


def wrong_shard(folder: Path, items: list) -> SourceConfig:
    return source("shard", write_tar(folder / "a.tar", items))


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([("a.txt", "x"), ("a.task", "<TRANSCRIBE>")], "a.tar: a has no audio; expected a member a.wav"),
        ([("a.wav", tone()), ("a.task", "<TRANSCRIBE>")], "a has no text; expected a member a.txt"),
        (members("a", "x", "<SING>"), "the task <SING> is unknown; expected some of <TRANSCRIBE>"),
        (members("a", "x", "sing"), "expected a task such as <TRANSCRIBE> <AGE>, got 'sing'"),
        (members("a", "x<TALL>", "<TRANSCRIBE> <AGE>"), "the label <TALL> is unknown; expected age: CHILD ADULT OLD"),
        (members("a", "x", "<TRANSCRIBE> <AGE>"), "expected one label each for age, got 0"),
        (members("a", "x<ADULT>", "<TRANSCRIBE>"), r"expected no label, got 1 \(adult\)"),
        (members("a", "x<ADULT>", "<AGE>"), "expected labels alone, got the words 'x'"),
        (members("a", "<ADULT>", "<TRANSCRIBE> <AGE>"), "expected a transcript"),
        (members("a", "x", "<TRANSCRIBE>", audio=b"noise"), "a.tar: a: its audio cannot be read"),
        (
            members("a", "x", "<TRANSCRIBE>") + members("b", "y", "<TRANSCRIBE>") + [("a.extra", "{}")],
            "side by side",
        ),
        ([*members("a", "x", "<TRANSCRIBE>"), ("a.extra", "[1]")], "expected a JSON object in its member .extra"),
    ],
)
def test_a_wrong_item_is_told_in_one_sentence(tmp_path: Path, items: list, message: str):
    found = wrong_shard(tmp_path, items)
    for attempt in (lambda: read(found), lambda: [check_unit(u) for u in FORMATS["shard"].units(Path(found.path))]):
        with pytest.raises(InputError, match=message) as error:
            attempt()
        assert "\n" not in str(error.value)


def test_missing_files_are_named(tmp_path: Path):
    shard, combine, raw = (FORMATS[name] for name in ("shard", "combine", "raw"))
    with pytest.raises(InputError, match=r"none.tar is missing"):
        shard.units(tmp_path / "none.tar")
    (tmp_path / "shards_list.txt").write_text("gone.tar\n")
    with pytest.raises(InputError, match=r"gone.tar is missing"):
        shard.units(tmp_path / "shards_list.txt")
    with pytest.raises(InputError, match=r"combines_tar_root.txt is missing"):
        (tmp_path / "combines_list.txt").write_text("a.jsonl\n")
        combine.units(tmp_path)
    with pytest.raises(InputError, match=r"expected a file named combines_list\.txt"):
        combine.units(tmp_path / "shards_list.txt")
    lines = write_lines(tmp_path / "data.list", [{"key": "a", "wav": "gone.wav", "txt": "x"}])
    with pytest.raises(InputError, match=r"data.list line 1: its audio .*gone.wav is missing"):
        list(records(raw.units(lines)[0]))


def test_a_line_without_its_clip_and_a_broken_tar_are_told(tmp_path: Path):
    index = write_shards(tmp_path)
    lines = write_lines(tmp_path / "shard_1.jsonl", [{"key": "zz", "txt": "x", "task": "<TRANSCRIBE>"}])
    index.write_text(f"{lines.name}|tars/shard_1.tar\n")
    with pytest.raises(InputError, match=r"shard_1.jsonl line 1 names zz, which .*shard_1.tar does not hold"):
        read(source("shard", index))
    (tmp_path / "b.tar").write_bytes(b"x" * 2000)
    with pytest.raises(InputError, match=r"b.tar cannot be read as a tar file"):
        read(source("shard", tmp_path / "b.tar"))
    lines.write_text("{broken\n")
    with pytest.raises(InputError, match=r"line 1: expected one JSON object, got '\{broken'"):
        read(source("shard", index))
