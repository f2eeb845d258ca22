"""What the pitch of voices says of the genders that a source's manifest states: which adults are hardly what it says,
and whether children's pitch tells anything.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .audio_file import decoded
from .errors import InputError
from .mel import SAMPLE_RATE
from .speech_data import Recordings

CLIPS = 8  # of a speaker
LOWEST, HIGHEST = 70.0, 450.0  # Hz
WINDOW, HOP = 640, 160  # samples
VOICED = 0.5  # of a window's energy that comes back after a period
LOUDEST = 0.4  # share of the windows that are looked at
MALE_BELOW, FEMALE_ABOVE = 150.0, 200.0  # Hz: between them an adult may be either


@dataclass(frozen=True)
class Voice:
    """A speaker with the gender and age that the manifest states, and the median pitch in Hz."""

    speaker: str
    gender: str
    age: str
    hertz: float

    @property
    def doubtful(self) -> bool:
        """Whether an adult's pitch is that of the other sex."""
        wrong = self.hertz < MALE_BELOW if self.gender == "female" else self.hertz > FEMALE_ABOVE
        return self.age == "ADULT" and wrong


def median_pitch(audio: np.ndarray) -> float:
    """Median over the loudest voiced windows of audio [samples] at 16 kHz, in Hz, by autocorrelation; nan if none of
    them is voiced.
    """
    starts = range(0, len(audio) - WINDOW, HOP)
    windows = np.stack([audio[start : start + WINDOW] for start in starts]) if starts else np.empty((0, WINDOW))
    energy = (windows**2).mean(1)
    loud = windows[energy > np.quantile(energy, 1 - LOUDEST)] if len(windows) else windows
    taper = np.hanning(WINDOW)
    own = _autocorrelation(taper[None])[0]
    found = [_period(row / row[0] / (own / own[0])) for row in _autocorrelation(loud * taper) if row[0] > 0]
    periods = [period for period in found if period]
    return SAMPLE_RATE / float(np.median(periods)) if periods else float("nan")


def _autocorrelation(windows: np.ndarray) -> np.ndarray:
    """[windows, WINDOW] -> the same, by lag."""
    spectrum = np.fft.rfft(windows, 4 * WINDOW)
    return np.fft.irfft(np.abs(spectrum) ** 2)[:, :WINDOW]


def _period(correlation: np.ndarray) -> int:
    """The shortest lag at which nearly as much comes back as at any other, in samples; 0 if the window is unvoiced."""
    shortest, longest = int(SAMPLE_RATE / HIGHEST), int(SAMPLE_RATE / LOWEST)
    best = correlation[shortest:longest].max()
    if best < VOICED:
        return 0
    for lag in range(shortest, longest):
        at = correlation[lag]
        if at > 0.9 * best and at >= correlation[lag - 1] and at >= correlation[lag + 1]:
            return lag
    return 0


def voices(folder: Path, source: str) -> list[Voice]:
    """All speakers of a source whose gender is stated, measured on their first clips."""
    stated: dict[str, tuple[str, str]] = {}
    pitches: dict[str, list[float]] = defaultdict(list)
    for place, line, data in Recordings(folder, source).lines():
        speaker, gender = line.get("speaker"), line.get("gender")
        if speaker and gender and len(pitches[speaker]) < CLIPS:
            stated[speaker] = (gender, line.get("age_label") or "")
            pitches[speaker].append(median_pitch(decoded(data, place)))
    if not stated:
        raise InputError(f"{source} states no speaker's gender; nothing can be compared with the pitch")
    medians = {speaker: float(np.nanmedian(of_clips)) for speaker, of_clips in pitches.items()}
    return [Voice(speaker, *stated[speaker], hertz) for speaker, hertz in medians.items() if np.isfinite(hertz)]


def pitch_report(found: list[Voice]) -> Iterator[str]:
    """For each age how well the best boundary between two pitches tells the genders, then the doubtful speakers."""
    for age in sorted({voice.age for voice in found}):
        own = [voice for voice in found if voice.age == age]
        right, boundary = max((_told(own, voice.hertz), voice.hertz) for voice in own)
        yield f"{age or 'age unknown'}: a boundary of {boundary:.0f} Hz tells {right} of {len(own)} speakers' genders"
    for voice in sorted(found, key=lambda voice: voice.speaker):
        if voice.doubtful:
            yield f"{voice.speaker}: {voice.gender} by the manifest, median pitch {voice.hertz:.0f} Hz"


def _told(found: list[Voice], boundary: float) -> int:
    return sum((voice.hertz >= boundary) == (voice.gender == "female") for voice in found)
