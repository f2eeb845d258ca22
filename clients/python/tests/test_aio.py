import asyncio
from collections.abc import AsyncIterator, Iterator

import grpc
import numpy as np
import pytest
from conftest import Scripted
from osum_client import (
    AsyncAudioSource,
    AsyncOsumClient,
    AsyncStageClient,
    OsumError,
    PartialTranscript,
    UtteranceResult,
)

AUDIO = bytes(range(250)) * 160


def new_client(scripted: Scripted) -> AsyncOsumClient:
    return AsyncOsumClient(scripted.address, tenant=scripted.tenant)


async def test_an_answer_is_the_same_for_all_kinds_of_audio(scripted: Scripted) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(AUDIO), 17_001):
            yield AUDIO[start : start + 17_001]

    sources: list[AsyncAudioSource] = [AUDIO, [AUDIO[:20_000], AUDIO[20_000:]], chunks()]
    async with new_client(scripted) as client:
        for source in sources:
            answer = await client.understand(source, instruction="answer")
            assert answer.utterances[0].result.transcript.text == "40000 bytes"
        assert (await client.describe()).model == "scripted"


async def test_live_audio_is_answered_while_it_is_being_spoken(scripted: Scripted) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def microphone() -> AsyncIterator[bytes]:
        for text in ("100 bytes", "200 bytes"):
            yield bytes(100)
            assert await heard.get() == text

    results = []
    async with (
        new_client(scripted) as client,
        client.stream(microphone(), instruction="answer", live=True) as events,
    ):
        async for event in events:
            match event:
                case PartialTranscript():
                    heard.put_nowait(event.text)
                case UtteranceResult():
                    results.append(event.result.transcript.text)
    assert results == ["200 bytes"]


async def test_a_source_that_fails_ends_the_call_with_its_own_failure(scripted: Scripted) -> None:
    def broken() -> Iterator[bytes]:
        yield AUDIO
        raise OSError("the microphone was unplugged")

    async with new_client(scripted) as client:
        with pytest.raises(OSError, match="unplugged"):
            await client.understand(broken(), instruction="answer")


async def test_a_refused_call_is_repeated_after_exactly_the_pushback(scripted: Scripted) -> None:
    async with new_client(scripted) as client:
        answer = await client.understand(AUDIO, instruction="refuse 2 400")
    assert answer.utterances[0].result.transcript.text == "40000 bytes"
    times = [attempt["atMs"] for attempt in scripted.attempts()]
    assert len(times) == 3
    assert all(gap >= 395 for gap in np.diff(times))


async def test_no_message_is_lost_when_a_call_is_repeated_while_it_sends(scripted: Scripted) -> None:
    for number in range(40):
        async with AsyncOsumClient(scripted.address, tenant=f"{scripted.tenant} {number}") as client:
            answer = await client.understand(AUDIO, instruction="refuse 2 5")
        assert answer.utterances[0].result.transcript.text == "40000 bytes"


@pytest.mark.parametrize("script", ["refuse 9 -1", "exhausted", "break"])
async def test_a_call_is_not_repeated_where_it_is_forbidden_or_something_was_answered(
    scripted: Scripted, script: str
) -> None:
    async with new_client(scripted) as client:
        with pytest.raises(OsumError):
            await client.understand(AUDIO, instruction=script)
    assert len(scripted.attempts()) == 1


async def test_a_failure_names_its_cause(scripted: Scripted) -> None:
    async with new_client(scripted) as client:
        with pytest.raises(OsumError) as caught:
            await client.understand(AUDIO, instruction="violate")
    assert (caught.value.reason, caught.value.number) == ("BAD_REQUEST", 1301)


async def test_a_status_that_comes_while_audio_is_being_sent_is_not_lost(scripted: Scripted) -> None:
    async with new_client(scripted) as client:
        for _ in range(50):
            with pytest.raises(OsumError) as caught:
                await client.understand(AUDIO, instruction="violate")
            assert caught.value.status is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_timeout_ends_the_call(scripted: Scripted) -> None:
    async with new_client(scripted) as client:
        with pytest.raises(OsumError) as caught:
            await client.understand(AUDIO, instruction="wait", timeout=0.3)
    assert caught.value.status is grpc.StatusCode.DEADLINE_EXCEEDED
    assert scripted.ended()["budgetMs"] <= 400


async def test_cancelling_the_stream_ends_the_call(scripted: Scripted) -> None:
    async with new_client(scripted) as client, client.stream(AUDIO, instruction="talk") as events:
        await anext(events)
        events.cancel()
        with pytest.raises(OsumError) as caught:
            async for _ in events:
                pass
        assert caught.value.status is grpc.StatusCode.CANCELLED


@pytest.mark.parametrize("script", ["wait", "talk"])
async def test_cancelling_the_task_ends_the_work_of_the_mesh(scripted: Scripted, script: str) -> None:
    async with new_client(scripted) as client:
        task = asyncio.create_task(client.understand(AUDIO, instruction=script))
        await asyncio.to_thread(scripted.until, lambda seen: len(seen) == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await asyncio.to_thread(scripted.ended))["ended"] == "cancelled"


async def test_leaving_the_block_ends_the_work_of_the_mesh(scripted: Scripted) -> None:
    async with new_client(scripted) as client:
        async with client.stream(AUDIO, instruction="talk") as events:
            await anext(events)
        assert (await asyncio.to_thread(scripted.ended))["ended"] == "cancelled"


async def test_a_stage_takes_and_gives_arrays(scripted: Scripted) -> None:
    array = np.random.default_rng(1).standard_normal((2500, 80), np.float32)
    async with AsyncStageClient(scripted.address) as stage:
        np.testing.assert_array_equal((await stage.encode(array)).tensor, array)
