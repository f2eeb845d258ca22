import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from osum_training.cache import FeatureCache
from osum_training.shard_writer import ShardTakenError, ShardWriter, array_header
from osum_training.speech_data import Clip

WIDTH, GROUP = 3, 2


def some(count: int, start: int = 0) -> tuple[list[Clip], list[np.ndarray]]:
    """Clips of 1, 2, ... frames whose rows hold their number."""
    numbers = range(start, start + count)
    clips = [Clip(f"t/{n}", "s", np.zeros(0, np.float32), text=f"word {n}", words=[("a", 0.0, 0.1)]) for n in numbers]
    return clips, [np.full((n + 1, WIDTH), n, np.float16) for n in numbers]


def write(folder: Path, groups: int, finish: bool = True, name: str = "a") -> ShardWriter:
    writer = ShardWriter(folder, name, WIDTH, GROUP)
    for n in range(writer.clips // GROUP, groups):
        writer.add(*some(GROUP, n * GROUP))
    if finish:
        writer.finish()
    else:
        writer.close()
    return writer


def test_a_shard_reads_back_and_its_array_is_what_numpy_writes(tmp_path: Path):
    write(tmp_path, 2)
    plain = io.BytesIO()
    np.save(plain, np.concatenate(some(4)[1]))
    assert (tmp_path / "a.npy").read_bytes() == plain.getvalue()
    cache = FeatureCache(tmp_path)
    assert [clip.text for clip in cache.clips] == ["word 0", "word 1", "word 2", "word 3"]
    assert cache.rows(cache.clips[2]).tolist() == [[2.0] * WIDTH] * 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "a.npy"]


def test_an_interrupted_shard_does_not_exist_and_goes_on_after_its_last_whole_group(tmp_path: Path):
    write(tmp_path / "whole", 3)
    folder = tmp_path / "cut"
    write(folder, 2, finish=False)
    assert FeatureCache(folder).clips == []
    with open(folder / "a.jsonl.part", "a") as lines, open(folder / "a.npy.part", "ab") as rows:
        lines.write('{"key": "torn')
        rows.write(b"torn")
    assert ShardWriter(folder, "a", WIDTH, GROUP).clips == 4
    write(folder, 3)
    for name in ("a.npy", "a.jsonl"):
        assert (folder / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_lines_without_their_rows_are_written_again(tmp_path: Path):
    write(tmp_path, 2, finish=False)
    with open(tmp_path / "a.npy.part", "r+b") as rows:
        rows.truncate(len(array_header(1, WIDTH)) + 4)
    assert ShardWriter(tmp_path, "a", WIDTH, GROUP).clips == 0


def test_two_processes_do_not_make_the_same_shard(tmp_path: Path):
    writer = ShardWriter(tmp_path, "a", WIDTH, GROUP)
    with pytest.raises(ShardTakenError):
        ShardWriter(tmp_path, "a", WIDTH, GROUP)
    writer.add(*some(2))
    writer.finish()
    with pytest.raises(ShardTakenError):
        ShardWriter(tmp_path, "a", WIDTH, GROUP)


def test_new_fields_stand_only_where_they_say_something(tmp_path: Path):
    clips, rows = some(2)
    writer = ShardWriter(tmp_path, "a", WIDTH, GROUP)
    writer.add([clips[0], replace(clips[1], reply="Hello.", question="Who?")], rows)
    writer.finish()
    first, second = (tmp_path / "a.jsonl").read_text().splitlines()
    assert "reply" not in first.replace("reply_to", "") and "question" not in first
    assert [(clip.reply, clip.question) for clip in FeatureCache(tmp_path).clips] == [("", ""), ("Hello.", "Who?")]
    assert '"reply": "Hello."' in second


def test_an_empty_shard_is_a_shard(tmp_path: Path):
    write(tmp_path, 0)
    assert FeatureCache(tmp_path).clips == []
