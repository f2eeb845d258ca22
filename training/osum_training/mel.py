"""Log-mel features of 16 kHz speech, exactly as the reference's section 1 says (Whisper's front end, never padded to 30
s).
"""

from functools import lru_cache

import numpy as np
import torch

SAMPLE_RATE = 16_000
HOP = 160
WINDOW = 400
MEL_BINS = 80
MIN_SAMPLES = WINDOW // 2 + 1  # reflect padding needs one sample more than half a window


def slaney_mel(sample_rate: int = SAMPLE_RATE, n_fft: int = WINDOW, bins: int = MEL_BINS) -> np.ndarray:
    """The matrix [bins, n_fft/2 + 1] of librosa's `filters.mel`: Slaney scale, Slaney area norm, 0 Hz to Nyquist."""
    top = 15 + np.log(sample_rate / 2 / 1000) / (np.log(6.4) / 27)
    mels = np.linspace(0.0, top, bins + 2)
    hertz = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp((mels - 15) * np.log(6.4) / 27))
    frequencies = np.arange(n_fft // 2 + 1) * sample_rate / n_fft
    rising = (frequencies - hertz[:-2, None]) / (hertz[1:-1] - hertz[:-2])[:, None]
    falling = (hertz[2:, None] - frequencies) / (hertz[2:] - hertz[1:-1])[:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
    return (triangles * (2.0 / (hertz[2:] - hertz[:-2]))[:, None]).astype(np.float32)


@lru_cache(maxsize=1)
def _constants() -> tuple[torch.Tensor, torch.Tensor]:
    return torch.from_numpy(slaney_mel()), torch.hann_window(WINDOW, periodic=True)


def log_mel(audio: torch.Tensor) -> torch.Tensor:
    """[samples] float32 at 16 kHz, in -1..1 -> [floor(samples / 160), 80] float32."""
    if audio.numel() < MIN_SAMPLES:
        raise ValueError(f"log_mel needs at least {MIN_SAMPLES} samples, got {audio.numel()}")
    matrix, window = _constants()
    spectrum = torch.stft(audio, WINDOW, HOP, window=window, center=True, pad_mode="reflect", return_complex=True)
    power = spectrum[:, :-1].abs() ** 2
    log = (matrix @ power).clamp(min=1e-10).log10()
    log = torch.maximum(log, log.max() - 8.0)
    return ((log + 4.0) / 4.0).T.contiguous()
