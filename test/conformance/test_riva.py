"""Riva's own client against the gateway."""

import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import riva.client
from direct import Direct
from mesh_process import Mesh
from riva.client.proto import riva_asr_pb2

OGGOPUS = riva.client.AudioEncoding.OGGOPUS
CHUNK_FRAMES = 1600


@pytest.fixture(scope="module")
def asr(mesh: Mesh) -> riva.client.ASRService:
    return riva.client.ASRService(riva.client.Auth(uri=mesh.riva))


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory, pcm: np.ndarray) -> Path:
    path = tmp_path_factory.mktemp("audio") / "tone.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes((pcm * 32767).astype("<i2").tobytes())
    return path


def config(encoding: int = OGGOPUS, **fields: Any) -> riva.client.RecognitionConfig:
    return riva.client.RecognitionConfig(encoding=encoding, language_code="en-US", max_alternatives=1, **fields)


def transcripts(results: list[Any]) -> list[str]:
    return [result.alternatives[0].transcript for result in results]


def refusal(call: Any, code: grpc.StatusCode, words: str) -> None:
    with pytest.raises(grpc.RpcError, match=words) as failed:
        call()
    assert failed.value.code() == code


def test_config_names_the_model(asr: riva.client.ASRService, direct: Direct) -> None:
    request = riva_asr_pb2.RivaSpeechRecognitionConfigRequest()
    [served] = asr.stub.GetRivaSpeechRecognitionConfig(request).model_config
    assert served.model_name == direct.describe().model
    assert served.parameters["streaming"] == "True"


def test_recognize_gives_the_meshs_own_transcript(
    asr: riva.client.ASRService, direct: Direct, recording: bytes
) -> None:
    expected = direct.understand(recording, tags="<asr>")
    results = asr.offline_recognize(recording, config()).results
    assert transcripts(results) == [utterance.result.transcript.text for utterance in expected]
    for result, utterance in zip(results, expected, strict=True):
        assert result.alternatives[0].confidence == pytest.approx(utterance.result.transcript.confidence, rel=1e-5)
        assert result.audio_processed == pytest.approx(utterance.end_seconds, rel=1e-5)


def test_recognize_reads_wav_and_headerless_pcm_alike(asr: riva.client.ASRService, direct: Direct, wav: Path) -> None:
    expected = [utterance.result.transcript.text for utterance in direct.understand(wav.read_bytes(), tags="<asr>")]
    linear = config(riva.client.AudioEncoding.LINEAR_PCM)
    riva.client.add_audio_file_specs_to_config(linear, wav)
    assert linear.sample_rate_hertz == 16_000
    assert transcripts(asr.offline_recognize(wav.read_bytes(), linear).results) == expected
    with wave.open(str(wav)) as file:
        headerless = file.readframes(file.getnframes())
    assert transcripts(asr.offline_recognize(headerless, linear).results) == expected


def test_streaming_ends_in_the_meshs_own_transcript(
    asr: riva.client.ASRService, direct: Direct, recording: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "a.ogg"
    path.write_bytes(recording)
    expected = [utterance.result.transcript.text for utterance in direct.understand(recording, True, tags="<asr>")]
    streaming = riva.client.StreamingRecognitionConfig(config=config(), interim_results=True)
    with riva.client.AudioChunkFileIterator(path, CHUNK_FRAMES) as chunks:
        responses = list(asr.streaming_response_generator(chunks, streaming))
    results = [result for response in responses for result in response.results]
    final = [result for result in results if result.is_final]
    assert final
    assert transcripts(final) == expected
    assert all(0 < result.stability < 1 for result in results if not result.is_final)
    times = [result.audio_processed for result in final]
    assert times == sorted(times)


def test_custom_configuration_asks_for_tags(asr: riva.client.ASRService, direct: Direct, recording: bytes) -> None:
    tagged = config()
    riva.client.add_custom_configuration_to_config(tagged, "osum.tags:<asr><gender>")
    [result] = asr.offline_recognize(recording, tagged).results
    [utterance] = direct.understand(recording, tags="<asr><gender>")
    label = utterance.result.gender.label
    expected = utterance.result.transcript.text + (f"<{label}>" if label else "")
    assert result.alternatives[0].transcript == expected


def test_word_times_or_a_clear_refusal(asr: riva.client.ASRService, direct: Direct, recording: bytes) -> None:
    timed = config(enable_word_time_offsets=True)
    if direct.supports("<align>"):
        [result] = asr.offline_recognize(recording, timed).results
        words = result.alternatives[0].words
        [utterance] = direct.understand(recording, tags="<asr><align>")
        expected = [(word.text, round(word.start_seconds * 1000)) for word in utterance.result.transcript.words]
        assert [(word.word, word.start_time) for word in words] == expected
    else:
        refusal(lambda: asr.offline_recognize(recording, timed), grpc.StatusCode.FAILED_PRECONDITION, "<align>.*<asr>")


def test_refusals(asr: riva.client.ASRService, recording: bytes) -> None:
    invalid = grpc.StatusCode.INVALID_ARGUMENT
    refusal(lambda: asr.offline_recognize(b"no audio at all", config()), invalid, "audio")
    refusal(lambda: asr.offline_recognize(recording, config(model="other")), grpc.StatusCode.NOT_FOUND, "other")
    linear = config(riva.client.AudioEncoding.LINEAR_PCM)
    refusal(lambda: asr.offline_recognize(recording, linear), invalid, "sample_rate_hertz")

    def audio_first() -> Iterator[riva_asr_pb2.StreamingRecognizeRequest]:
        yield riva_asr_pb2.StreamingRecognizeRequest(audio_content=recording)

    refusal(lambda: list(asr.stub.StreamingRecognize(audio_first())), invalid, "streaming_config")
