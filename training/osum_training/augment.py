"""What a room, a microphone and a telephone do to a recording: reverberation, equalisation, band limits, noise and
silence.
"""

import random
from dataclasses import dataclass

import numpy as np
from scipy.signal import fftconvolve, firwin2, resample_poly

from .mel import SAMPLE_RATE

Rates = tuple[int, int]  # slowest and fastest, in percent
SAME_SPEAKER: Rates = (90, 111)
OTHER_SPEAKERS: Rates = (80, 125)


def reverberate(audio: np.ndarray, noise: np.random.Generator) -> np.ndarray:
    """A synthetic room: white noise that decays by 60 dB in 0.15 to 0.7 s, after the direct sound."""
    decay = noise.uniform(0.15, 0.7)
    time = np.arange(int(decay * SAMPLE_RATE)) / SAMPLE_RATE
    room = noise.standard_normal(len(time)) * np.exp(-6.9 * time / decay)
    room *= noise.uniform(0.15, 0.7) / np.sqrt((room**2).sum())
    room[0] = 1.0
    return fftconvolve(audio, room)[: len(audio)].astype(np.float32)


def equalise(audio: np.ndarray, noise: np.random.Generator) -> np.ndarray:
    """A random smooth filter of +-8 dB at six frequencies."""
    gains = 10 ** (noise.uniform(-8, 8, 6) / 20)
    taps = firwin2(129, [0, 0.03, 0.1, 0.25, 0.5, 1.0], gains)
    return fftconvolve(audio, taps, mode="same").astype(np.float32)


def telephone(audio: np.ndarray) -> np.ndarray:
    """The 8 kHz band: nothing above 4 kHz is left."""
    return resample_poly(resample_poly(audio, 1, 2), 2, 1)[: len(audio)].astype(np.float32)


def coloured_noise(count: int, noise: np.random.Generator) -> np.ndarray:
    """Noise whose power falls with frequency by an exponent between 0 (white) and 2 (brown)."""
    spectrum = np.fft.rfft(noise.standard_normal(count))
    spectrum /= np.maximum(np.arange(len(spectrum)), 8) ** (noise.uniform(0, 2) / 2)
    return np.fft.irfft(spectrum, count).astype(np.float32)


def add_at(audio: np.ndarray, other: np.ndarray, decibels: float) -> np.ndarray:
    """Adds `other` so that the signal is `decibels` louder than it."""
    power, disturbance = float((audio**2).mean()) + 1e-9, float((other**2).mean()) + 1e-9
    return audio + other * np.sqrt(power / disturbance / 10 ** (decibels / 10)).astype(np.float32)


@dataclass(frozen=True)
class Disturbed:
    """What became of a clip. A moment at t seconds before is at start + t / rate now."""

    audio: np.ndarray
    start: float
    rate: float

    def moments(self, words: list[tuple[str, float, float]] | None) -> list[tuple[str, float, float]] | None:
        """Word times moved along with the audio."""
        return words and [(w, self.start + a / self.rate, self.start + b / self.rate) for w, a, b in words]


class Augmenter:
    """Draws a chain of disturbances for each clip. `backgrounds` are real recordings without speech."""

    def __init__(self, backgrounds: list[np.ndarray]):
        self.backgrounds = backgrounds

    def __call__(self, audio: np.ndarray, rng: random.Random, rates: Rates | None = None) -> Disturbed:
        """Most clips are played at one of `rates`, pitch and formants included."""
        noise, rate = np.random.default_rng(rng.getrandbits(32)), 1.0
        if rates and rng.random() < 0.75:
            percent = rng.randint(*rates)
            audio, rate = resample_poly(audio, 100, percent).astype(np.float32), percent / 100
        if rng.random() < 0.35:
            audio = reverberate(audio, noise)
        if rng.random() < 0.40:
            audio = equalise(audio, noise)
        if rng.random() < 0.12:
            audio = telephone(audio)
        before, after = (int(rng.uniform(0, 0.4) * SAMPLE_RATE) for _ in range(2))
        audio = np.pad(audio, (before, after))
        if rng.random() < 0.70:
            audio = add_at(audio, self._background(len(audio), rng, noise), rng.uniform(8, 40))
        peak = float(np.abs(audio).max()) + 1e-9
        audio = (audio * (10 ** rng.uniform(-1.3, -0.02) / peak)).astype(np.float32)
        return Disturbed(audio, before / SAMPLE_RATE, rate)

    def _background(self, count: int, rng: random.Random, noise: np.random.Generator) -> np.ndarray:
        if self.backgrounds and rng.random() < 0.3:
            sound = rng.choice(self.backgrounds)
            return np.roll(np.resize(sound, count), rng.randrange(count))
        return coloured_noise(count, noise)
