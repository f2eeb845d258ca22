"""What the pitch of voices says of the genders that a manifest states."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from osum_training.errors import InputError
from osum_training.mel import SAMPLE_RATE
from osum_training.pitch import Voice, median_pitch, pitch_report, voices
from osum_training.speech_data import Recordings
from reference_files import write_lines, write_tar


def voice(hertz: float, seconds: float = 1.0) -> np.ndarray:
    """A tone with twenty falling overtones, as vowels have them, and a little noise."""
    times = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tones = sum(np.sin(2 * np.pi * hertz * n * times) / n for n in range(1, 21))
    return (0.1 * tones + 0.002 * np.random.default_rng(1).standard_normal(len(times))).astype(np.float32)


def write_source(folder: Path, speakers: list[tuple[str, str, str, float]]) -> None:
    """Two clips of each speaker: name, gender, age and pitch."""
    lines: list[dict] = []
    members: list[tuple[str, bytes | str]] = []
    for speaker, gender, age, hertz in speakers:
        for n in range(2):
            name = f"{speaker}-{n}.flac"
            file = io.BytesIO()
            soundfile.write(file, voice(hertz), SAMPLE_RATE, format="FLAC")
            members.append((name, file.getvalue()))
            lines.append({"audio": name, "speaker": speaker, "gender": gender, "age_label": age, "text": "a"})
    write_lines(folder / "some.jsonl", lines)
    write_tar(folder / "some.tar", members)


@pytest.mark.parametrize("hertz", [85.0, 120.0, 210.0, 330.0])
def test_the_pitch_of_a_voice(hertz: float):
    assert median_pitch(voice(hertz)) == pytest.approx(hertz, rel=0.02)


def test_noise_silence_and_clips_shorter_than_a_window_have_none():
    noise = np.random.default_rng(1).standard_normal(SAMPLE_RATE).astype(np.float32)
    for audio in (noise, np.zeros(SAMPLE_RATE, np.float32), voice(120.0)[:600]):
        assert np.isnan(median_pitch(audio))


def test_adults_whose_pitch_is_that_of_the_other_sex_are_named(tmp_path: Path):
    write_source(
        tmp_path,
        [
            ("deep", "male", "ADULT", 110.0),
            ("high", "female", "ADULT", 220.0),
            ("odd", "female", "ADULT", 105.0),
            ("small", "male", "CHILD", 260.0),
        ],
    )
    found = voices(tmp_path, "some")
    assert {v.speaker for v in found if v.doubtful} == {"odd"}
    lines = list(pitch_report(found))
    assert lines[0].startswith("ADULT: a boundary of 2") and "tells 2 of 3 speakers" in lines[0]
    assert lines[-1] == "odd: female by the manifest, median pitch 105 Hz"


def test_between_the_bounds_no_adult_is_doubtful():
    assert not any(Voice("x", gender, "ADULT", 180.0).doubtful for gender in ("male", "female"))


def test_a_source_without_genders_cannot_be_compared(tmp_path: Path):
    write_source(tmp_path, [("x", "", "ADULT", 120.0)])
    with pytest.raises(InputError, match="no speaker's gender"):
        voices(tmp_path, "some")


def test_the_gender_of_a_child_is_scored_and_not_trained_on(tmp_path: Path):
    write_source(tmp_path, [("child", "female", "CHILD", 250.0), ("grown", "female", "ADULT", 220.0)])
    labels = {clip.speaker: clip.labels for clip in Recordings(tmp_path, "some").clips()}
    assert labels == {"child": {"age": "CHILD"}, "grown": {"age": "ADULT", "gender": "FEMALE"}}
    manifest = tmp_path / "some.jsonl"
    write_lines(manifest, [json.loads(line) | {"split": "dev"} for line in manifest.read_text().splitlines()])
    labels = {clip.speaker: clip.labels for clip in Recordings(tmp_path, "some").clips()}
    assert labels["child"] == {"age": "CHILD", "gender": "FEMALE"}


def test_the_gender_of_a_doubtful_speaker_is_not_known(tmp_path: Path):
    write_source(tmp_path, [("so-2430", "female", "ADULT", 117.0)])
    assert all(clip.labels == {"age": "ADULT"} for clip in Recordings(tmp_path, "some").clips())
