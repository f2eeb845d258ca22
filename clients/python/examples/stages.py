"""Sends raw 16-bit PCM at 16 kHz, one channel, from standard input through three stages of a mesh, tensor by tensor.

python examples/stages.py FEATURES_ADDRESS ENCODER_ADDRESS ADAPTER_ADDRESS < speech.raw
"""

import sys

import numpy as np
from numpy.typing import NDArray
from osum_client import StageClient


def show(name: str, tensor: NDArray[np.generic]) -> None:
    values = tensor.astype(np.float64)
    print(f"{name} {list(tensor.shape)} sum of squares {np.sum(values * values):.6e}")


def main(features_address: str, encoder_address: str, adapter_address: str) -> None:
    pcm = np.frombuffer(sys.stdin.buffer.read(), np.int16)
    with (
        StageClient(features_address) as features_stage,
        StageClient(encoder_address) as encoder_stage,
        StageClient(adapter_address) as adapter_stage,
    ):
        features = features_stage.extract(pcm, timeout=60).tensor
        hidden = encoder_stage.encode(features, timeout=60).tensor
        speech = adapter_stage.adapt(hidden, timeout=60).tensor
    show("features", features)
    show("hidden", hidden)
    show("speech", speech)


main(*sys.argv[1:])
