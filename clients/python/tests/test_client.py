import io
import queue
from collections.abc import Iterator
from pathlib import Path

import grpc
import numpy as np
import pytest
from conftest import Scripted
from osum_client import (
    AudioSource,
    LiveOptions,
    OsumClient,
    OsumError,
    PartialTranscript,
    Plan,
    RetryOptions,
    UtteranceResult,
    pcm_bytes,
    pcm_format,
)

AUDIO = bytes(range(250)) * 160


@pytest.fixture
def client(scripted: Scripted) -> Iterator[OsumClient]:
    with OsumClient(scripted.address, tenant=scripted.tenant) as client:
        yield client


def test_an_answer_is_typed_and_comes_with_the_plan_and_the_totals(client: OsumClient) -> None:
    answer = client.understand(AUDIO, instruction="answer")
    assert answer.plan.tags == "<asr>"
    assert answer.utterances[0].result.transcript.text == "40000 bytes"
    assert answer.summary.utterances == 1


def test_a_file_its_bytes_an_open_file_and_chunks_are_the_same_audio_in_small_messages(
    client: OsumClient, scripted: Scripted, tmp_path: Path
) -> None:
    path = tmp_path / "audio.raw"
    path.write_bytes(AUDIO)
    chunks = [AUDIO[start : start + 17_001] for start in range(0, len(AUDIO), 17_001)]
    sources: list[AudioSource] = [path, str(path), AUDIO, io.BytesIO(AUDIO), chunks]
    for source in sources:
        assert client.understand(source, tags="answer").utterances[0].result.transcript.text == "40000 bytes"
        assert scripted.attempts()[-1]["largestMessage"] <= 15 * 1024


def test_live_audio_is_answered_while_it_is_being_spoken(client: OsumClient) -> None:
    heard: queue.Queue[str] = queue.Queue()

    def microphone() -> Iterator[bytes]:
        for text in ("400 bytes", "800 bytes"):
            yield pcm_bytes(np.zeros(100, np.float32))
            assert heard.get(timeout=10) == text

    results = []
    live = LiveOptions()
    with client.stream(microphone(), instruction="answer", live=live, format=pcm_format(16_000, np.float32)) as events:
        for event in events:
            match event:
                case PartialTranscript():
                    heard.put(event.text)
                case UtteranceResult():
                    results.append(event.result.transcript.text)
    assert results == ["800 bytes"]


def test_a_source_that_fails_ends_the_call_with_its_own_failure(client: OsumClient, scripted: Scripted) -> None:
    def broken() -> Iterator[bytes]:
        yield AUDIO
        scripted.until(lambda seen: len(seen) == 1)
        raise OSError("the microphone was unplugged")

    with pytest.raises(OSError, match="unplugged"):
        client.understand(broken(), instruction="answer")
    assert scripted.ended()["ended"] == "cancelled"


def test_a_refused_call_is_repeated_after_exactly_the_pushback_with_all_of_its_audio(
    client: OsumClient, scripted: Scripted
) -> None:
    answer = client.understand(AUDIO, instruction="refuse 2 400")
    assert answer.utterances[0].result.transcript.text == "40000 bytes"
    times = [attempt["atMs"] for attempt in scripted.attempts()]
    assert len(times) == 3
    assert all(gap >= 395 for gap in np.diff(times))


def test_no_message_is_lost_when_a_call_is_repeated_while_it_sends(scripted: Scripted) -> None:
    for number in range(40):
        with OsumClient(scripted.address, tenant=f"{scripted.tenant} {number}") as client:
            answer = client.understand(AUDIO, instruction="refuse 2 5")
        assert answer.utterances[0].result.transcript.text == "40000 bytes"


@pytest.mark.parametrize(("kept", "attempts"), [(100_000, 2), (20_000, 1)])
def test_a_call_is_repeated_after_all_of_its_audio_was_sent_unless_that_was_more_than_is_kept(
    scripted: Scripted, kept: int, attempts: int
) -> None:
    retry = RetryOptions(replay_bytes=kept)
    with OsumClient(scripted.address, tenant=scripted.tenant, retry=retry) as client:
        if attempts == 1:
            with pytest.raises(OsumError):
                client.understand(AUDIO, instruction="late 1 10")
        else:
            answer = client.understand(AUDIO, instruction="late 1 10")
            assert answer.utterances[0].result.transcript.text == "40000 bytes"
    assert len(scripted.attempts()) == attempts


def test_a_call_without_pushback_is_repeated_by_the_schedule_of_the_client(
    client: OsumClient, scripted: Scripted
) -> None:
    client.understand(AUDIO, instruction="unavailable 2")
    assert [attempt["ended"] for attempt in scripted.attempts()] == ["refused", "refused", "answered"]


def test_a_call_is_not_repeated_where_the_mesh_forbids_it(client: OsumClient, scripted: Scripted) -> None:
    with pytest.raises(OsumError) as caught:
        client.understand(AUDIO, instruction="refuse 9 -1")
    assert caught.value.status is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert not caught.value.retryable
    assert len(scripted.attempts()) == 1


def test_a_call_with_a_message_that_is_too_large_is_not_repeated(client: OsumClient, scripted: Scripted) -> None:
    with pytest.raises(OsumError) as caught:
        client.understand(AUDIO, instruction="x" * 5 * 2**20)
    assert caught.value.status is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert caught.value.reason == "MESSAGE_TOO_LARGE"
    assert not caught.value.retryable
    assert len(scripted.attempts()) == 1


def test_a_call_is_not_repeated_where_the_mesh_has_too_much_and_does_not_say_when_to_come_back(
    client: OsumClient, scripted: Scripted
) -> None:
    with pytest.raises(OsumError) as caught:
        client.understand(AUDIO, instruction="exhausted")
    assert caught.value.status is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert not caught.value.retryable
    assert len(scripted.attempts()) == 1


def test_a_call_is_not_repeated_once_something_was_answered(client: OsumClient, scripted: Scripted) -> None:
    with pytest.raises(OsumError) as caught:
        client.understand(AUDIO, instruction="break")
    assert caught.value.status is grpc.StatusCode.UNAVAILABLE
    assert len(scripted.attempts()) == 1


@pytest.mark.parametrize("attempts", [1, 2])
def test_a_call_fails_after_its_last_attempt_and_says_when_to_come_back(scripted: Scripted, attempts: int) -> None:
    retry = RetryOptions(attempts=attempts)
    with OsumClient(scripted.address, tenant=scripted.tenant, retry=retry) as client:
        with pytest.raises(OsumError) as caught:
            client.understand(AUDIO, instruction="refuse 9 10")
        assert caught.value.retryable
        assert caught.value.retry_after == 0.01
        assert len(scripted.attempts()) == attempts


def test_a_failure_names_its_cause_the_wrong_fields_and_facts(client: OsumClient) -> None:
    with pytest.raises(OsumError, match=r"config\.tags") as caught:
        client.understand(AUDIO, instruction="violate")
    error = caught.value
    assert error.status is grpc.StatusCode.INVALID_ARGUMENT
    assert (error.reason, error.number, error.retryable) == ("BAD_REQUEST", 1301, False)
    assert [(v.field, v.description) for v in error.violations] == [("config.tags", "expected tags, got none")]
    assert error.facts == {"limit": "7"}


def test_a_mesh_that_is_not_there_is_unavailable() -> None:
    with (
        OsumClient("127.0.0.1:1", retry=RetryOptions(attempts=1)) as client,
        pytest.raises(OsumError) as caught,
    ):
        client.describe(timeout=10)
    assert caught.value.status is grpc.StatusCode.UNAVAILABLE


def test_a_file_that_is_not_there_is_the_failure_of_the_file(client: OsumClient) -> None:
    with pytest.raises(FileNotFoundError):
        client.understand("/no/such/file", instruction="answer")


def test_instruction_and_tags_are_either_or(client: OsumClient) -> None:
    with pytest.raises(TypeError, match="exactly one"):
        client.understand(AUDIO)
    with pytest.raises(TypeError, match="exactly one"):
        client.understand(AUDIO, instruction="answer", tags="<asr>")


def test_a_timeout_is_told_to_the_mesh_and_covers_repetitions(client: OsumClient, scripted: Scripted) -> None:
    with pytest.raises(OsumError) as caught:
        client.understand(AUDIO, instruction="wait", timeout=0.3)
    assert caught.value.status is grpc.StatusCode.DEADLINE_EXCEEDED
    ended = scripted.ended()
    assert ended["ended"] == "cancelled"
    assert 0 < ended["budgetMs"] <= 400
    with pytest.raises(OsumError):
        client.understand(AUDIO, instruction="refuse 9 5000", timeout=0.3)
    assert len(scripted.attempts()) == 2


def test_leaving_the_block_ends_the_work_of_the_mesh(client: OsumClient, scripted: Scripted) -> None:
    with client.stream(AUDIO, instruction="talk") as events:
        assert isinstance(next(events), Plan)
        assert isinstance(next(events), PartialTranscript)
    assert scripted.ended()["ended"] == "cancelled"


def test_cancelling_from_another_thread_ends_the_call(client: OsumClient, scripted: Scripted) -> None:
    with client.stream(AUDIO, instruction="wait") as events:
        scripted.until(lambda seen: len(seen) == 1)
        events.cancel()
        with pytest.raises(OsumError) as caught:
            next(events)
    assert caught.value.status is grpc.StatusCode.CANCELLED
    assert scripted.ended()["ended"] == "cancelled"
