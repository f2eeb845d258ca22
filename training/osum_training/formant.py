"""Playing speech at another rate, which moves a voice's formants."""

import numpy as np
from scipy.signal import resample_poly

from .mel import SAMPLE_RATE

FORMANT_STEPS = 40  # formant factors are multiples of 1/40, so that resampling stays a small ratio


def shift_formants(audio: np.ndarray, rate: int, factor: float) -> np.ndarray:
    """Plays audio of `rate` at `factor` times its speed and returns it at 16 kHz: formants, pitch and tempo move
    together.
    """
    steps = round(factor * FORMANT_STEPS)
    up, down = SAMPLE_RATE * FORMANT_STEPS, rate * steps
    divisor = np.gcd(up, down)
    return resample_poly(audio, up // divisor, down // divisor).astype(np.float32)
