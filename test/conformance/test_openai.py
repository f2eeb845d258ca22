"""OpenAI's own client against the gateway."""

import base64
import io
from typing import Any, Literal, cast

import grpc
import openai
import pytest
from direct import Direct
from mesh_process import MAX_AUDIO_BYTES, Mesh
from openai.types.chat import ChatCompletionMessageParam

TAGS = {"osum_tags": "<asr><gender>"}


@pytest.fixture(scope="module")
def client(mesh: Mesh) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"http://{mesh.http}/v1", api_key="none", max_retries=0)


@pytest.fixture(scope="module")
def model(direct: Direct) -> str:
    return direct.describe().model


@pytest.fixture(scope="module")
def expected(direct: Direct, recording: bytes) -> Any:
    [utterance] = direct.understand(recording, tags="<asr>")
    return utterance


def file_of(audio: bytes) -> tuple[str, io.BytesIO]:
    return ("a.ogg", io.BytesIO(audio))


def question(recording: bytes, text: str) -> list[ChatCompletionMessageParam]:
    audio = {"data": base64.b64encode(recording).decode(), "format": "ogg"}
    parts = [{"type": "text", "text": text}, {"type": "input_audio", "input_audio": audio}]
    # The client's types know wav and mp3 only; it sends any format.
    return [cast(ChatCompletionMessageParam, {"role": "user", "content": parts})]


def beside(answer: openai.BaseModel, name: str) -> Any:
    """A field of an answer that OpenAI's schema does not have."""
    assert answer.model_extra is not None
    return answer.model_extra[name]


def answer_text(result: Any) -> str:
    label = result.gender.label
    return result.transcript.text + (f"<{label}>" if label else "")


def test_models(client: openai.OpenAI, model: str) -> None:
    assert [entry.id for entry in client.models.list()] == [model]
    assert client.models.retrieve(model).id == model
    with pytest.raises(openai.NotFoundError, match="is not served here"):
        client.models.retrieve("whisper-1")


def test_transcriptions_as_json_and_as_text(client: openai.OpenAI, model: str, recording: bytes, expected: Any) -> None:
    def transcribe(response_format: Literal["json", "srt", "verbose_json"]) -> Any:
        return client.audio.transcriptions.create(
            model=model, file=file_of(recording), language="en", response_format=response_format
        )

    text = expected.result.transcript.text
    assert transcribe("json").text == text
    assert (" --> " in transcribe("srt")) == (text != "")
    verbose = transcribe("verbose_json")
    assert verbose.text == text
    assert verbose.language == "en"
    assert verbose.duration == pytest.approx(verbose.usage.seconds)
    [segment] = verbose.segments
    assert (segment.start, segment.end, segment.text) == (expected.start_seconds, expected.end_seconds, text)
    assert segment.no_speech_prob is None


def test_transcription_stream(client: openai.OpenAI, model: str, recording: bytes, expected: Any) -> None:
    stream = client.audio.transcriptions.create(model=model, file=file_of(recording), stream=True)
    *deltas, done = list(stream)
    assert {event.type for event in deltas} <= {"transcript.text.delta"}
    assert done.type == "transcript.text.done"
    said = [event.delta for event in deltas if event.type == "transcript.text.delta"]
    assert done.text == "".join(said) == expected.result.transcript.text
    assert done.usage is not None
    assert done.usage.total_tokens == done.usage.input_tokens + done.usage.output_tokens


def test_typed_results_beside_the_transcript(
    client: openai.OpenAI, direct: Direct, model: str, recording: bytes
) -> None:
    typed = client.audio.transcriptions.create(model=model, file=file_of(recording), extra_body=TAGS)
    [utterance] = direct.understand(recording, tags=TAGS["osum_tags"])
    assert typed.text == utterance.result.transcript.text
    [result] = beside(typed, "osum")
    assert result["gender"].get("label", "") == utterance.result.gender.label


def test_word_times_or_a_clear_refusal(client: openai.OpenAI, direct: Direct, model: str, recording: bytes) -> None:
    def transcribe() -> Any:
        return client.audio.transcriptions.create(
            model=model,
            file=file_of(recording),
            response_format="verbose_json",
            timestamp_granularities=["word"],
        )

    if direct.supports("<align>"):
        [utterance] = direct.understand(recording, tags="<asr><align>")
        expected = [(word.text, word.start_seconds, word.end_seconds) for word in utterance.result.transcript.words]
        assert [(word.word, word.start, word.end) for word in transcribe().words] == expected
    else:
        with pytest.raises(openai.BadRequestError, match="<align>") as refused:
            transcribe()
        assert refused.value.code == "unsupported_task"


def test_chat_about_a_recording(client: openai.OpenAI, direct: Direct, model: str, recording: bytes) -> None:
    messages = question(recording, "Who is it, and what is said?")
    [utterance] = direct.understand(recording, tags=TAGS["osum_tags"])
    completion = client.chat.completions.create(model=model, messages=messages, extra_body=TAGS)
    [choice] = completion.choices
    assert choice.message.content == answer_text(utterance.result)
    assert completion.usage is not None and completion.usage.prompt_tokens_details is not None
    assert completion.usage.completion_tokens == utterance.result.usage.generated_tokens
    assert completion.usage.prompt_tokens_details.audio_tokens == utterance.result.usage.speech_rows

    *chunks, last = client.chat.completions.create(
        model=model, messages=messages, extra_body=TAGS, stream=True, stream_options={"include_usage": True}
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == choice.message.content
    assert chunks[-1].choices[0].finish_reason == choice.finish_reason
    assert last.usage == completion.usage


def test_an_instruction_means_what_it_means_to_the_mesh(
    client: openai.OpenAI, direct: Direct, model: str, recording: bytes
) -> None:
    instruction = "Write down what is said."
    messages = question(recording, instruction)
    request = direct.schemas.message("osum.v1.InterpretRequest", instruction=instruction)
    router = direct.services["router"]
    try:
        [response] = direct.schemas.stream(router, "osum.v1.SpeechUnderstanding", "Interpret", [request])
    except grpc.RpcError as refusal:
        assert isinstance(refusal, grpc.Call)
        with pytest.raises(openai.APIStatusError) as refused:
            client.chat.completions.create(model=model, messages=messages)
        assert isinstance(refused.value.body, dict)
        assert refused.value.body["message"] == refusal.details()
    else:
        [result] = beside(client.chat.completions.create(model=model, messages=messages), "osum")
        assert result["tags"] == response.plan.tags


def test_refusals(client: openai.OpenAI, model: str, recording: bytes) -> None:
    def transcribe(audio: bytes = recording, **fields: Any) -> Any:
        return client.audio.transcriptions.create(**{"model": model, "file": file_of(audio), **fields})

    with pytest.raises(openai.NotFoundError) as unknown:
        transcribe(model="whisper-1")
    assert (unknown.value.code, unknown.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.BadRequestError) as unreadable:
        transcribe(b"no audio at all")
    assert unreadable.value.code == "bad_audio"
    with pytest.raises(openai.BadRequestError) as untagged:
        transcribe(extra_body={"osum_tags": "<dance>"})
    assert untagged.value.code == "unknown_tag"
    with pytest.raises(openai.APIStatusError, match=str(MAX_AUDIO_BYTES)) as large:
        transcribe(bytes(MAX_AUDIO_BYTES + 1))
    assert large.value.status_code == 413
    with pytest.raises(openai.BadRequestError) as silent:
        client.chat.completions.create(model=model, messages=[{"role": "user", "content": "hello?"}])
    assert silent.value.param == "messages"


def test_a_client_that_leaves_a_stream_does_no_harm(
    client: openai.OpenAI, model: str, recording: bytes, expected: Any
) -> None:
    with client.audio.transcriptions.create(model=model, file=file_of(recording), stream=True) as stream:
        next(iter(stream))
    again = client.audio.transcriptions.create(model=model, file=file_of(recording))
    assert again.text == expected.result.transcript.text
