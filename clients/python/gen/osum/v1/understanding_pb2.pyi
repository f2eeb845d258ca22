import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from osum.v1 import decoder_pb2 as _decoder_pb2
from osum.v1 import result_pb2 as _result_pb2
from osum.v1 import task_pb2 as _task_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AudioEncoding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AUDIO_ENCODING_UNSPECIFIED: _ClassVar[AudioEncoding]
    AUDIO_ENCODING_WAV: _ClassVar[AudioEncoding]
    AUDIO_ENCODING_FLAC: _ClassVar[AudioEncoding]
    AUDIO_ENCODING_MP3: _ClassVar[AudioEncoding]
    AUDIO_ENCODING_OGG_OPUS: _ClassVar[AudioEncoding]
    AUDIO_ENCODING_PCM_S16LE: _ClassVar[AudioEncoding]
    AUDIO_ENCODING_PCM_F32LE: _ClassVar[AudioEncoding]
AUDIO_ENCODING_UNSPECIFIED: AudioEncoding
AUDIO_ENCODING_WAV: AudioEncoding
AUDIO_ENCODING_FLAC: AudioEncoding
AUDIO_ENCODING_MP3: AudioEncoding
AUDIO_ENCODING_OGG_OPUS: AudioEncoding
AUDIO_ENCODING_PCM_S16LE: AudioEncoding
AUDIO_ENCODING_PCM_F32LE: AudioEncoding

class UnderstandRequest(_message.Message):
    __slots__ = ("config", "audio")
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    config: UnderstandConfig
    audio: bytes
    def __init__(self, config: _Optional[_Union[UnderstandConfig, _Mapping]] = ..., audio: _Optional[bytes] = ...) -> None: ...

class UnderstandConfig(_message.Message):
    __slots__ = ("instruction", "tags", "format", "model", "live", "generation")
    INSTRUCTION_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    LIVE_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    instruction: str
    tags: str
    format: AudioFormat
    model: str
    live: LiveOptions
    generation: GenerationOptions
    def __init__(self, instruction: _Optional[str] = ..., tags: _Optional[str] = ..., format: _Optional[_Union[AudioFormat, _Mapping]] = ..., model: _Optional[str] = ..., live: _Optional[_Union[LiveOptions, _Mapping]] = ..., generation: _Optional[_Union[GenerationOptions, _Mapping]] = ...) -> None: ...

class AudioFormat(_message.Message):
    __slots__ = ("encoding", "sample_rate_hz", "channels")
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_HZ_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    encoding: AudioEncoding
    sample_rate_hz: int
    channels: int
    def __init__(self, encoding: _Optional[_Union[AudioEncoding, str]] = ..., sample_rate_hz: _Optional[int] = ..., channels: _Optional[int] = ...) -> None: ...

class LiveOptions(_message.Message):
    __slots__ = ("end_silence", "partial_interval")
    END_SILENCE_FIELD_NUMBER: _ClassVar[int]
    PARTIAL_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    end_silence: _duration_pb2.Duration
    partial_interval: _duration_pb2.Duration
    def __init__(self, end_silence: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., partial_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class GenerationOptions(_message.Message):
    __slots__ = ("max_new_tokens", "repetition_penalty", "sampling")
    MAX_NEW_TOKENS_FIELD_NUMBER: _ClassVar[int]
    REPETITION_PENALTY_FIELD_NUMBER: _ClassVar[int]
    SAMPLING_FIELD_NUMBER: _ClassVar[int]
    max_new_tokens: int
    repetition_penalty: float
    sampling: _decoder_pb2.Sampling
    def __init__(self, max_new_tokens: _Optional[int] = ..., repetition_penalty: _Optional[float] = ..., sampling: _Optional[_Union[_decoder_pb2.Sampling, _Mapping]] = ...) -> None: ...

class UnderstandResponse(_message.Message):
    __slots__ = ("plan", "utterance_started", "partial", "event", "utterance_ended", "result", "summary")
    PLAN_FIELD_NUMBER: _ClassVar[int]
    UTTERANCE_STARTED_FIELD_NUMBER: _ClassVar[int]
    PARTIAL_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    UTTERANCE_ENDED_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    plan: _task_pb2.Plan
    utterance_started: UtteranceStarted
    partial: PartialTranscript
    event: ResultEvent
    utterance_ended: UtteranceEnded
    result: UtteranceResult
    summary: UnderstandSummary
    def __init__(self, plan: _Optional[_Union[_task_pb2.Plan, _Mapping]] = ..., utterance_started: _Optional[_Union[UtteranceStarted, _Mapping]] = ..., partial: _Optional[_Union[PartialTranscript, _Mapping]] = ..., event: _Optional[_Union[ResultEvent, _Mapping]] = ..., utterance_ended: _Optional[_Union[UtteranceEnded, _Mapping]] = ..., result: _Optional[_Union[UtteranceResult, _Mapping]] = ..., summary: _Optional[_Union[UnderstandSummary, _Mapping]] = ...) -> None: ...

class UtteranceStarted(_message.Message):
    __slots__ = ("utterance", "start_seconds")
    UTTERANCE_FIELD_NUMBER: _ClassVar[int]
    START_SECONDS_FIELD_NUMBER: _ClassVar[int]
    utterance: int
    start_seconds: float
    def __init__(self, utterance: _Optional[int] = ..., start_seconds: _Optional[float] = ...) -> None: ...

class PartialTranscript(_message.Message):
    __slots__ = ("utterance", "text", "end_seconds")
    UTTERANCE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    END_SECONDS_FIELD_NUMBER: _ClassVar[int]
    utterance: int
    text: str
    end_seconds: float
    def __init__(self, utterance: _Optional[int] = ..., text: _Optional[str] = ..., end_seconds: _Optional[float] = ...) -> None: ...

class ResultEvent(_message.Message):
    __slots__ = ("utterance", "tags", "transcript_delta", "word", "emotion", "style", "sound_event", "gender", "age", "reply_delta")
    UTTERANCE_FIELD_NUMBER: _ClassVar[int]
    PASS_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    TRANSCRIPT_DELTA_FIELD_NUMBER: _ClassVar[int]
    WORD_FIELD_NUMBER: _ClassVar[int]
    EMOTION_FIELD_NUMBER: _ClassVar[int]
    STYLE_FIELD_NUMBER: _ClassVar[int]
    SOUND_EVENT_FIELD_NUMBER: _ClassVar[int]
    GENDER_FIELD_NUMBER: _ClassVar[int]
    AGE_FIELD_NUMBER: _ClassVar[int]
    REPLY_DELTA_FIELD_NUMBER: _ClassVar[int]
    utterance: int
    tags: str
    transcript_delta: str
    word: _result_pb2.Word
    emotion: _result_pb2.Emotion
    style: _result_pb2.Style
    sound_event: _result_pb2.SoundEvent
    gender: _result_pb2.Gender
    age: _result_pb2.Age
    reply_delta: str
    def __init__(self, utterance: _Optional[int] = ..., tags: _Optional[str] = ..., transcript_delta: _Optional[str] = ..., word: _Optional[_Union[_result_pb2.Word, _Mapping]] = ..., emotion: _Optional[_Union[_result_pb2.Emotion, _Mapping]] = ..., style: _Optional[_Union[_result_pb2.Style, _Mapping]] = ..., sound_event: _Optional[_Union[_result_pb2.SoundEvent, _Mapping]] = ..., gender: _Optional[_Union[_result_pb2.Gender, _Mapping]] = ..., age: _Optional[_Union[_result_pb2.Age, _Mapping]] = ..., reply_delta: _Optional[str] = ..., **kwargs) -> None: ...

class UtteranceEnded(_message.Message):
    __slots__ = ("utterance", "end_seconds")
    UTTERANCE_FIELD_NUMBER: _ClassVar[int]
    END_SECONDS_FIELD_NUMBER: _ClassVar[int]
    utterance: int
    end_seconds: float
    def __init__(self, utterance: _Optional[int] = ..., end_seconds: _Optional[float] = ...) -> None: ...

class UtteranceResult(_message.Message):
    __slots__ = ("utterance", "start_seconds", "end_seconds", "result")
    UTTERANCE_FIELD_NUMBER: _ClassVar[int]
    START_SECONDS_FIELD_NUMBER: _ClassVar[int]
    END_SECONDS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    utterance: int
    start_seconds: float
    end_seconds: float
    result: _result_pb2.Result
    def __init__(self, utterance: _Optional[int] = ..., start_seconds: _Optional[float] = ..., end_seconds: _Optional[float] = ..., result: _Optional[_Union[_result_pb2.Result, _Mapping]] = ...) -> None: ...

class UnderstandSummary(_message.Message):
    __slots__ = ("audio_seconds", "utterances", "usage", "total_seconds")
    AUDIO_SECONDS_FIELD_NUMBER: _ClassVar[int]
    UTTERANCES_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SECONDS_FIELD_NUMBER: _ClassVar[int]
    audio_seconds: float
    utterances: int
    usage: _result_pb2.Usage
    total_seconds: float
    def __init__(self, audio_seconds: _Optional[float] = ..., utterances: _Optional[int] = ..., usage: _Optional[_Union[_result_pb2.Usage, _Mapping]] = ..., total_seconds: _Optional[float] = ...) -> None: ...

class InterpretRequest(_message.Message):
    __slots__ = ("instruction", "model")
    INSTRUCTION_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    instruction: str
    model: str
    def __init__(self, instruction: _Optional[str] = ..., model: _Optional[str] = ...) -> None: ...

class InterpretResponse(_message.Message):
    __slots__ = ("plan",)
    PLAN_FIELD_NUMBER: _ClassVar[int]
    plan: _task_pb2.Plan
    def __init__(self, plan: _Optional[_Union[_task_pb2.Plan, _Mapping]] = ...) -> None: ...

class DescribeRequest(_message.Message):
    __slots__ = ("model",)
    MODEL_FIELD_NUMBER: _ClassVar[int]
    model: str
    def __init__(self, model: _Optional[str] = ...) -> None: ...

class DescribeResponse(_message.Message):
    __slots__ = ("model", "version", "tasks", "combinations", "encodings", "limits")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    COMBINATIONS_FIELD_NUMBER: _ClassVar[int]
    ENCODINGS_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    model: str
    version: str
    tasks: _containers.RepeatedCompositeFieldContainer[TaskDescription]
    combinations: _containers.RepeatedScalarFieldContainer[str]
    encodings: _containers.RepeatedScalarFieldContainer[AudioEncoding]
    limits: Limits
    def __init__(self, model: _Optional[str] = ..., version: _Optional[str] = ..., tasks: _Optional[_Iterable[_Union[TaskDescription, _Mapping]]] = ..., combinations: _Optional[_Iterable[str]] = ..., encodings: _Optional[_Iterable[_Union[AudioEncoding, str]]] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ...) -> None: ...

class TaskDescription(_message.Message):
    __slots__ = ("task", "tag", "supported", "labels", "untrained_labels", "languages", "scores")
    TASK_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    SUPPORTED_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    UNTRAINED_LABELS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    task: _task_pb2.Task
    tag: str
    supported: bool
    labels: _containers.RepeatedScalarFieldContainer[str]
    untrained_labels: _containers.RepeatedScalarFieldContainer[str]
    languages: _containers.RepeatedScalarFieldContainer[str]
    scores: _containers.RepeatedCompositeFieldContainer[TaskScore]
    def __init__(self, task: _Optional[_Union[_task_pb2.Task, str]] = ..., tag: _Optional[str] = ..., supported: bool = ..., labels: _Optional[_Iterable[str]] = ..., untrained_labels: _Optional[_Iterable[str]] = ..., languages: _Optional[_Iterable[str]] = ..., scores: _Optional[_Iterable[_Union[TaskScore, _Mapping]]] = ...) -> None: ...

class TaskScore(_message.Message):
    __slots__ = ("metric", "value", "dataset", "samples")
    METRIC_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    DATASET_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    metric: str
    value: float
    dataset: str
    samples: int
    def __init__(self, metric: _Optional[str] = ..., value: _Optional[float] = ..., dataset: _Optional[str] = ..., samples: _Optional[int] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("max_audio_seconds", "max_live_seconds", "max_utterance_seconds", "max_instruction_bytes", "max_message_bytes")
    MAX_AUDIO_SECONDS_FIELD_NUMBER: _ClassVar[int]
    MAX_LIVE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    MAX_UTTERANCE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    MAX_INSTRUCTION_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_MESSAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    max_audio_seconds: float
    max_live_seconds: float
    max_utterance_seconds: float
    max_instruction_bytes: int
    max_message_bytes: int
    def __init__(self, max_audio_seconds: _Optional[float] = ..., max_live_seconds: _Optional[float] = ..., max_utterance_seconds: _Optional[float] = ..., max_instruction_bytes: _Optional[int] = ..., max_message_bytes: _Optional[int] = ...) -> None: ...
