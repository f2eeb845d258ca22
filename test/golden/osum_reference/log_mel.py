"""The audio front end (reference, section 1): 16 kHz samples to 100 log-mel frames a second."""

import math

import torch
from torch import Tensor

WINDOW, HOP, RATE = 400, 160, 16_000


def mel_matrix(bins: int) -> Tensor:
    """Slaney's mel scale and area norm, [bins, 201] float32."""

    def hertz(mel: float) -> float:
        return 200 * mel / 3 if mel < 15 else 1000 * math.exp((mel - 15) * math.log(6.4) / 27)

    highest = 15 + math.log(RATE / 2 / 1000) / (math.log(6.4) / 27)
    edges = torch.tensor([hertz(highest * i / (bins + 1)) for i in range(bins + 2)], dtype=torch.float64)
    frequencies = torch.arange(WINDOW // 2 + 1, dtype=torch.float64) * RATE / WINDOW
    rising = (frequencies - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - frequencies) / (edges[2:] - edges[1:-1])[:, None]
    triangles = torch.minimum(rising, falling).clamp(min=0).float()
    return (triangles * (2 / (edges[2:] - edges[:-2]))[:, None].float()).float()


def log_mel(samples: Tensor, bins: int) -> Tensor:
    """[samples] float32 -> [frames, bins] float32, floor(samples / 160) frames."""
    window = torch.hann_window(WINDOW, periodic=True)
    spectrum = torch.stft(samples, WINDOW, HOP, window=window, center=True, pad_mode="reflect", return_complex=True)
    power = spectrum[:, :-1].abs() ** 2
    decades = (mel_matrix(bins) @ power).clamp(min=1e-10).log10()
    return ((torch.maximum(decades, decades.max() - 8) + 4) / 4).T
