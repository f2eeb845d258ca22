from osum.v1 import stage_pb2 as _stage_pb2
from osum.v1 import task_pb2 as _task_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TaskFailure(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TASK_FAILURE_UNSPECIFIED: _ClassVar[TaskFailure]
    TASK_FAILURE_NOT_PRINTED: _ClassVar[TaskFailure]
    TASK_FAILURE_UNKNOWN_LABEL: _ClassVar[TaskFailure]
    TASK_FAILURE_TRUNCATED: _ClassVar[TaskFailure]
    TASK_FAILURE_NO_SPEECH: _ClassVar[TaskFailure]
    TASK_FAILURE_PASS_FAILED: _ClassVar[TaskFailure]

class WarningCode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WARNING_CODE_UNSPECIFIED: _ClassVar[WarningCode]
    WARNING_CODE_TAG_MISMATCH: _ClassVar[WarningCode]
    WARNING_CODE_TRUNCATED: _ClassVar[WarningCode]
    WARNING_CODE_NO_SPEECH: _ClassVar[WarningCode]
    WARNING_CODE_LONG_AUDIO: _ClassVar[WarningCode]
    WARNING_CODE_FANNED_OUT: _ClassVar[WarningCode]
    WARNING_CODE_UNPARSED_OUTPUT: _ClassVar[WarningCode]
    WARNING_CODE_FORCED_CUT: _ClassVar[WarningCode]
TASK_FAILURE_UNSPECIFIED: TaskFailure
TASK_FAILURE_NOT_PRINTED: TaskFailure
TASK_FAILURE_UNKNOWN_LABEL: TaskFailure
TASK_FAILURE_TRUNCATED: TaskFailure
TASK_FAILURE_NO_SPEECH: TaskFailure
TASK_FAILURE_PASS_FAILED: TaskFailure
WARNING_CODE_UNSPECIFIED: WarningCode
WARNING_CODE_TAG_MISMATCH: WarningCode
WARNING_CODE_TRUNCATED: WarningCode
WARNING_CODE_NO_SPEECH: WarningCode
WARNING_CODE_LONG_AUDIO: WarningCode
WARNING_CODE_FANNED_OUT: WarningCode
WARNING_CODE_UNPARSED_OUTPUT: WarningCode
WARNING_CODE_FORCED_CUT: WarningCode

class TaskStatus(_message.Message):
    __slots__ = ("failure", "message")
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    failure: TaskFailure
    message: str
    def __init__(self, failure: _Optional[_Union[TaskFailure, str]] = ..., message: _Optional[str] = ...) -> None: ...

class Warning(_message.Message):
    __slots__ = ("code", "message")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    code: WarningCode
    message: str
    def __init__(self, code: _Optional[_Union[WarningCode, str]] = ..., message: _Optional[str] = ...) -> None: ...

class Result(_message.Message):
    __slots__ = ("tags", "printed_tags", "transcript", "emotion", "style", "sound_event", "gender", "age", "reply", "warnings", "timings", "usage", "passes")
    TAGS_FIELD_NUMBER: _ClassVar[int]
    PRINTED_TAGS_FIELD_NUMBER: _ClassVar[int]
    TRANSCRIPT_FIELD_NUMBER: _ClassVar[int]
    EMOTION_FIELD_NUMBER: _ClassVar[int]
    STYLE_FIELD_NUMBER: _ClassVar[int]
    SOUND_EVENT_FIELD_NUMBER: _ClassVar[int]
    GENDER_FIELD_NUMBER: _ClassVar[int]
    AGE_FIELD_NUMBER: _ClassVar[int]
    REPLY_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    TIMINGS_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    PASSES_FIELD_NUMBER: _ClassVar[int]
    tags: str
    printed_tags: str
    transcript: Transcript
    emotion: Emotion
    style: Style
    sound_event: SoundEvent
    gender: Gender
    age: Age
    reply: Reply
    warnings: _containers.RepeatedCompositeFieldContainer[Warning]
    timings: Timings
    usage: Usage
    passes: _containers.RepeatedCompositeFieldContainer[PassOutput]
    def __init__(self, tags: _Optional[str] = ..., printed_tags: _Optional[str] = ..., transcript: _Optional[_Union[Transcript, _Mapping]] = ..., emotion: _Optional[_Union[Emotion, _Mapping]] = ..., style: _Optional[_Union[Style, _Mapping]] = ..., sound_event: _Optional[_Union[SoundEvent, _Mapping]] = ..., gender: _Optional[_Union[Gender, _Mapping]] = ..., age: _Optional[_Union[Age, _Mapping]] = ..., reply: _Optional[_Union[Reply, _Mapping]] = ..., warnings: _Optional[_Iterable[_Union[Warning, _Mapping]]] = ..., timings: _Optional[_Union[Timings, _Mapping]] = ..., usage: _Optional[_Union[Usage, _Mapping]] = ..., passes: _Optional[_Iterable[_Union[PassOutput, _Mapping]]] = ...) -> None: ...

class Transcript(_message.Message):
    __slots__ = ("text", "words", "confidence", "status")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    text: str
    words: _containers.RepeatedCompositeFieldContainer[Word]
    confidence: float
    status: TaskStatus
    def __init__(self, text: _Optional[str] = ..., words: _Optional[_Iterable[_Union[Word, _Mapping]]] = ..., confidence: _Optional[float] = ..., status: _Optional[_Union[TaskStatus, _Mapping]] = ...) -> None: ...

class Word(_message.Message):
    __slots__ = ("text", "start_seconds", "end_seconds")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    START_SECONDS_FIELD_NUMBER: _ClassVar[int]
    END_SECONDS_FIELD_NUMBER: _ClassVar[int]
    text: str
    start_seconds: float
    end_seconds: float
    def __init__(self, text: _Optional[str] = ..., start_seconds: _Optional[float] = ..., end_seconds: _Optional[float] = ...) -> None: ...

class Emotion(_message.Message):
    __slots__ = ("label", "confidence", "status")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    label: str
    confidence: float
    status: TaskStatus
    def __init__(self, label: _Optional[str] = ..., confidence: _Optional[float] = ..., status: _Optional[_Union[TaskStatus, _Mapping]] = ...) -> None: ...

class Style(_message.Message):
    __slots__ = ("label", "confidence", "status")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    label: str
    confidence: float
    status: TaskStatus
    def __init__(self, label: _Optional[str] = ..., confidence: _Optional[float] = ..., status: _Optional[_Union[TaskStatus, _Mapping]] = ...) -> None: ...

class SoundEvent(_message.Message):
    __slots__ = ("label", "confidence", "status")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    label: str
    confidence: float
    status: TaskStatus
    def __init__(self, label: _Optional[str] = ..., confidence: _Optional[float] = ..., status: _Optional[_Union[TaskStatus, _Mapping]] = ...) -> None: ...

class Gender(_message.Message):
    __slots__ = ("label", "confidence", "status")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    label: str
    confidence: float
    status: TaskStatus
    def __init__(self, label: _Optional[str] = ..., confidence: _Optional[float] = ..., status: _Optional[_Union[TaskStatus, _Mapping]] = ...) -> None: ...

class Age(_message.Message):
    __slots__ = ("label", "confidence", "status")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    label: str
    confidence: float
    status: TaskStatus
    def __init__(self, label: _Optional[str] = ..., confidence: _Optional[float] = ..., status: _Optional[_Union[TaskStatus, _Mapping]] = ...) -> None: ...

class Reply(_message.Message):
    __slots__ = ("text", "status")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    text: str
    status: TaskStatus
    def __init__(self, text: _Optional[str] = ..., status: _Optional[_Union[TaskStatus, _Mapping]] = ...) -> None: ...

class Timings(_message.Message):
    __slots__ = ("features", "encoder", "adapter", "decoder", "total_seconds", "stages")
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    ENCODER_FIELD_NUMBER: _ClassVar[int]
    ADAPTER_FIELD_NUMBER: _ClassVar[int]
    DECODER_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SECONDS_FIELD_NUMBER: _ClassVar[int]
    STAGES_FIELD_NUMBER: _ClassVar[int]
    features: _stage_pb2.StageTiming
    encoder: _stage_pb2.StageTiming
    adapter: _stage_pb2.StageTiming
    decoder: _stage_pb2.StageTiming
    total_seconds: float
    stages: _containers.RepeatedCompositeFieldContainer[_stage_pb2.StageReport]
    def __init__(self, features: _Optional[_Union[_stage_pb2.StageTiming, _Mapping]] = ..., encoder: _Optional[_Union[_stage_pb2.StageTiming, _Mapping]] = ..., adapter: _Optional[_Union[_stage_pb2.StageTiming, _Mapping]] = ..., decoder: _Optional[_Union[_stage_pb2.StageTiming, _Mapping]] = ..., total_seconds: _Optional[float] = ..., stages: _Optional[_Iterable[_Union[_stage_pb2.StageReport, _Mapping]]] = ...) -> None: ...

class Usage(_message.Message):
    __slots__ = ("audio_seconds", "prompt_tokens", "speech_rows", "generated_tokens")
    AUDIO_SECONDS_FIELD_NUMBER: _ClassVar[int]
    PROMPT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    SPEECH_ROWS_FIELD_NUMBER: _ClassVar[int]
    GENERATED_TOKENS_FIELD_NUMBER: _ClassVar[int]
    audio_seconds: float
    prompt_tokens: int
    speech_rows: int
    generated_tokens: int
    def __init__(self, audio_seconds: _Optional[float] = ..., prompt_tokens: _Optional[int] = ..., speech_rows: _Optional[int] = ..., generated_tokens: _Optional[int] = ...) -> None: ...

class PassOutput(_message.Message):
    __slots__ = ("tags", "tasks", "printed_tags", "text")
    TAGS_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    PRINTED_TAGS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    tags: str
    tasks: _containers.RepeatedScalarFieldContainer[_task_pb2.Task]
    printed_tags: str
    text: str
    def __init__(self, tags: _Optional[str] = ..., tasks: _Optional[_Iterable[_Union[_task_pb2.Task, str]]] = ..., printed_tags: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...
