"""Client of an OSUM mesh: speech understanding over gRPC, with typed results.

>>> from osum_client import OsumClient
>>> with OsumClient("127.0.0.1:50051") as client:
...     answer = client.understand("call.flac", instruction="Write down what she says.")
...     print(answer.utterances[0].result.transcript.text)

`AsyncOsumClient` is the same for asyncio; `StageClient` and `AsyncStageClient` call a stage of the mesh with NumPy
tensors. Messages are those of `osum.v1`, generated from the project's protos.
"""

from osum.v1.result_pb2 import Result
from osum.v1.task_pb2 import Plan
from osum.v1.understanding_pb2 import (
    AUDIO_ENCODING_PCM_F32LE,
    AUDIO_ENCODING_PCM_S16LE,
    AudioFormat,
    DescribeResponse,
    GenerationOptions,
    LiveOptions,
    PartialTranscript,
    ResultEvent,
    UnderstandSummary,
    UtteranceEnded,
    UtteranceResult,
    UtteranceStarted,
)

from osum_client.aio import AsyncEventStream, AsyncOsumClient
from osum_client.aio_stages import AsyncStageClient
from osum_client.audio import AUDIO_MESSAGE_BYTES, AsyncAudioSource, AudioSource, pcm_bytes, pcm_format
from osum_client.client import EventStream, OsumClient
from osum_client.errors import FieldViolation, OsumError
from osum_client.retry import RetryOptions
from osum_client.stage_calls import StageAnswer
from osum_client.stages import StageClient
from osum_client.tensors import MAX_CHUNK_BYTES, TensorReader, tensor_frames
from osum_client.understanding import Event, Understanding

__all__ = [
    "AUDIO_ENCODING_PCM_F32LE",
    "AUDIO_ENCODING_PCM_S16LE",
    "AUDIO_MESSAGE_BYTES",
    "MAX_CHUNK_BYTES",
    "AsyncAudioSource",
    "AsyncEventStream",
    "AsyncOsumClient",
    "AsyncStageClient",
    "AudioFormat",
    "AudioSource",
    "DescribeResponse",
    "Event",
    "EventStream",
    "FieldViolation",
    "GenerationOptions",
    "LiveOptions",
    "OsumClient",
    "OsumError",
    "PartialTranscript",
    "Plan",
    "Result",
    "ResultEvent",
    "RetryOptions",
    "StageAnswer",
    "StageClient",
    "TensorReader",
    "UnderstandSummary",
    "Understanding",
    "UtteranceEnded",
    "UtteranceResult",
    "UtteranceStarted",
    "pcm_bytes",
    "pcm_format",
    "tensor_frames",
]
