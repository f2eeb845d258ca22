"""Resampling against the reference's numbers (Appendix A), and what cannot be read."""

import numpy as np
import pytest
from osum_training.audio_file import audio_seconds, decoded, resampled
from osum_training.errors import InputError
from reference_files import tone


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (8000, (0.0004534, 0.0708721, 0.4938072, -0.4999630, -0.0708721)),
        (22050, (0.0049547, 0.0850645, 0.4939596, -0.5001141, -0.0850649)),
        (24000, (0.0056384, 0.0849999, 0.4939427, -0.5000997, -0.0849999)),
        (44100, (0.0081237, 0.0848557, 0.4939542, -0.5001115, -0.0848561)),
        (48000, (0.0082758, 0.0848523, 0.4939542, -0.5001115, -0.0848523)),
    ],
)
def test_resampling_matches_the_reference(rate: int, expected: tuple[float, ...]):
    wave = (0.5 * np.sin(2 * np.pi * 440 * np.arange(rate // 10) / rate)).astype(np.float32)
    audio = resampled(wave, rate)
    assert len(audio) == 1600
    np.testing.assert_allclose(audio[[0, 1, 10, 100, -1]], expected, atol=2e-6)


def test_sixteen_kilohertz_stay_as_they_are():
    wave = np.ones(7, np.float32)
    assert resampled(wave, 16_000) is wave


def test_a_part_of_a_file_is_decoded_and_its_length_is_in_the_header():
    data = tone(2.0, rate=8000, kind="FLAC")
    assert audio_seconds(data, "here") == 2.0
    assert len(decoded(data, "here", 0.5, 1.25)) == 12_000


@pytest.mark.parametrize("read", [decoded, audio_seconds])
def test_unreadable_audio_is_told_in_one_sentence(read):
    with pytest.raises(InputError, match=r"clip.wma: its audio cannot be read \(.*\); expected WAV, FLAC"):
        read(b"no audio at all", "clip.wma")
