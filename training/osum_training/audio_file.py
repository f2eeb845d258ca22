"""Audio files to what the encoder hears: one channel of float32 at 16 kHz, as the reference's section 1 makes it."""

import io
import math
from functools import lru_cache

import numpy as np
import soundfile
import torch
import torch.nn.functional as F

from .errors import InputError
from .mel import SAMPLE_RATE

_ZERO_CROSSINGS = 6  # of the sinc, on each side
_ROLL_OFF = 0.99


@lru_cache(maxsize=8)
def _kernel(original: int, target: int) -> tuple[torch.Tensor, int]:
    """A windowed sinc for each of `target` phases [target, 1, taps], and its half width in samples."""
    cutoff = min(original, target) * _ROLL_OFF
    half = math.ceil(_ZERO_CROSSINGS * original / cutoff)
    taps = torch.arange(-half, half + original, dtype=torch.float64)[None] / original
    times = (taps - torch.arange(target, dtype=torch.float64)[:, None] / target) * cutoff
    times = times.clamp(-_ZERO_CROSSINGS, _ZERO_CROSSINGS)
    window = (times * math.pi / (2 * _ZERO_CROSSINGS)).cos() ** 2
    return (torch.sinc(times) * window * (cutoff / original)).float()[:, None], half


def resampled(audio: np.ndarray, rate: int) -> np.ndarray:
    """[samples] float32 at `rate` -> [ceil(samples * 16000 / rate)] float32 at 16 kHz."""
    if rate == SAMPLE_RATE:
        return audio
    divisor = math.gcd(rate, SAMPLE_RATE)
    original, target = rate // divisor, SAMPLE_RATE // divisor
    kernel, half = _kernel(original, target)
    padded = F.pad(torch.from_numpy(np.ascontiguousarray(audio)), (half, half + original))
    phases = F.conv1d(padded[None, None], kernel, stride=original)
    count = math.ceil(target * len(audio) / original)
    return phases[0].T.reshape(-1)[:count].numpy()


def decoded(data: bytes, place: str, start: float = 0.0, end: float | None = None) -> np.ndarray:
    """The samples of an encoded file from `start` to `end` seconds: channels averaged, then resampled.

    Raises InputError, with `place`, for what libsndfile cannot read.
    """
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            if start:  # a seek, even to the beginning, can change what compressed files decode to
                file.seek(int(start * file.samplerate))
            frames = -1 if end is None else max(0, int((end - start) * file.samplerate))
            audio, rate = file.read(frames, dtype="float32", always_2d=True), file.samplerate
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise InputError(_unreadable(place, error)) from error
    return resampled(audio.mean(axis=1), rate)


def audio_seconds(data: bytes, place: str) -> float:
    """The length that an encoded file's header declares. Raises InputError for what libsndfile cannot read."""
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            return file.frames / file.samplerate
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise InputError(_unreadable(place, error)) from error


def _unreadable(place: str, error: Exception) -> str:
    return (
        f"{place}: its audio cannot be read ({str(error).rstrip('.')}); "
        "expected WAV, FLAC, MP3, Ogg or Opus; convert or remove it"
    )
