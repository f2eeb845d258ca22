"""Synthetic English speech from two free synthesisers, each stretched into many voices.

Hibari (Apache-2.0) predicts spectrum and pitch apart, so the pitch curve can be moved and flattened; reading the
waveform at another
rate moves the formants. Flite (BSD-like) is run as a program, once a sentence, with its pitch and tempo settings.
"""

import io
import random
import shutil
import subprocess

import numpy as np
import soundfile
from scipy.signal import resample_poly

from .mel import SAMPLE_RATE

FLITE_VOICES = ("kal16", "awb", "rms", "slt")
_FORMANT_STEPS = 40  # formant factors are multiples of 1/40, so that resampling stays a small ratio


Spoken = tuple[np.ndarray, str | None]  # audio at 16 kHz, and MALE, FEMALE or None where it could be either


def shift_formants(audio: np.ndarray, rate: int, factor: float) -> np.ndarray:
    """Plays audio of `rate` at `factor` times its speed and returns it at 16 kHz: formants, pitch and tempo move
    together.
    """
    steps = round(factor * _FORMANT_STEPS)
    up, down = SAMPLE_RATE * _FORMANT_STEPS, rate * steps
    divisor = np.gcd(up, down)
    return resample_poly(audio, up // divisor, down // divisor).astype(np.float32)


class HibariVoices:
    def __init__(self):
        from hibari import Hibari, dsp

        self.model, self.dsp = Hibari(threads=1), dsp

    def speak(self, text: str, rng: random.Random) -> Spoken:
        formant = rng.uniform(0.80, 1.14)
        # Lower formants go with lower voices; the spread around that line keeps odd voices in the data.
        pitch = min(1.25, max(0.45, (formant - 0.80) / 0.34 * 0.6 + 0.5 + rng.gauss(0, 0.12)))
        spread, tempo = rng.uniform(0.5, 1.6), rng.uniform(0.75, 1.35)
        noise = np.random.default_rng(rng.getrandbits(32))
        parts = []
        for phonemes in self.model.phonemize(text):
            ids = np.asarray([self.model.ids(phonemes)], np.int64)
            if ids.shape[1] < 3:
                continue
            feeds = {"ids": ids, "speed": np.asarray([tempo / formant], np.float32)}
            *spectrum, f0 = (output[0] for output in self.model.sess.run(None, feeds))
            parts.append(self.dsp.synth(*spectrum, self._bend(f0, pitch / formant, spread), noise))
        if not parts:
            return np.zeros(0, np.float32), None
        # The voice is a woman's; only shifts that leave no doubt are labelled.
        gender = "MALE" if formant < 0.89 and pitch < 0.72 else "FEMALE" if formant > 0.97 and pitch > 0.82 else None
        return shift_formants(np.concatenate(parts), self.model.sample_rate, formant), gender

    @staticmethod
    def _bend(f0: np.ndarray, factor: float, spread: float) -> np.ndarray:
        """Scales voiced pitch by `factor` and its distance from the mean (in logarithm) by `spread`; unvoiced frames
        stay 0.
        """
        voiced = f0 > 40.0
        if not voiced.any():
            return f0
        log = np.log(f0[voiced])
        bent = np.zeros_like(f0)
        bent[voiced] = np.maximum(np.exp(log.mean() + spread * (log - log.mean())) * factor, 45.0)
        return bent


class FliteVoices:
    def __init__(self):
        self.program = shutil.which("flite")
        if self.program is None:
            raise FileNotFoundError("the program flite is missing (Debian package flite)")

    def speak(self, text: str, rng: random.Random) -> Spoken:
        formant, tempo = rng.uniform(0.88, 1.14), rng.uniform(0.8, 1.3)
        voice = rng.choices(FLITE_VOICES, (0.1, 0.3, 0.3, 0.3))[0]
        mean = {"slt": 180.0, "awb": 130.0}.get(voice, 105.0) * rng.uniform(0.8, 1.25)
        settings = {
            "duration_stretch": formant / tempo,
            "int_f0_target_mean": mean / formant,
            "int_f0_target_stddev": rng.uniform(8, 40),
        }
        command = [self.program, "-voice", voice, "-t", text + " ", "-o", "/dev/stdout"]
        for name, value in settings.items():
            command += ["--setf", f"{name}={value:.3f}"]
        wave = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
        audio, rate = soundfile.read(io.BytesIO(wave), dtype="float32")
        gender = ("FEMALE" if formant > 0.95 else None) if voice == "slt" else ("MALE" if formant < 1.02 else None)
        return shift_formants(audio, rate, formant), gender


class Voices:
    """Both synthesisers behind one call; Hibari speaks more often because it is faster and clearer."""

    def __init__(self):
        self.hibari, self.flite = HibariVoices(), FliteVoices()

    def speak(self, text: str, rng: random.Random) -> Spoken:
        """Text -> float32 at 16 kHz and the gender that it sounds like, in a voice drawn from `rng`."""
        return (self.hibari if rng.random() < 0.62 else self.flite).speak(text, rng)
