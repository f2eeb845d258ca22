import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from osum.v1 import stage_pb2 as _stage_pb2
from osum.v1 import tensor_pb2 as _tensor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PromptMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PROMPT_MODE_UNSPECIFIED: _ClassVar[PromptMode]
    PROMPT_MODE_UNDERSTAND: _ClassVar[PromptMode]
    PROMPT_MODE_CHAT: _ClassVar[PromptMode]
    PROMPT_MODE_INTENT: _ClassVar[PromptMode]

class Grammar(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GRAMMAR_UNSPECIFIED: _ClassVar[Grammar]
    GRAMMAR_FREE: _ClassVar[Grammar]
    GRAMMAR_TAGS: _ClassVar[Grammar]

class FinishReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FINISH_REASON_UNSPECIFIED: _ClassVar[FinishReason]
    FINISH_REASON_STOP: _ClassVar[FinishReason]
    FINISH_REASON_LENGTH: _ClassVar[FinishReason]
    FINISH_REASON_REPETITION: _ClassVar[FinishReason]
PROMPT_MODE_UNSPECIFIED: PromptMode
PROMPT_MODE_UNDERSTAND: PromptMode
PROMPT_MODE_CHAT: PromptMode
PROMPT_MODE_INTENT: PromptMode
GRAMMAR_UNSPECIFIED: Grammar
GRAMMAR_FREE: Grammar
GRAMMAR_TAGS: Grammar
FINISH_REASON_UNSPECIFIED: FinishReason
FINISH_REASON_STOP: FinishReason
FINISH_REASON_LENGTH: FinishReason
FINISH_REASON_REPETITION: FinishReason

class GenerateRequest(_message.Message):
    __slots__ = ("passes", "speech_rows", "model")
    PASSES_FIELD_NUMBER: _ClassVar[int]
    SPEECH_ROWS_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    passes: _containers.RepeatedCompositeFieldContainer[Pass]
    speech_rows: int
    model: str
    def __init__(self, passes: _Optional[_Iterable[_Union[Pass, _Mapping]]] = ..., speech_rows: _Optional[int] = ..., model: _Optional[str] = ...) -> None: ...

class Pass(_message.Message):
    __slots__ = ("mode", "instruction", "grammar", "max_new_tokens", "repetition_penalty", "sampling")
    MODE_FIELD_NUMBER: _ClassVar[int]
    INSTRUCTION_FIELD_NUMBER: _ClassVar[int]
    GRAMMAR_FIELD_NUMBER: _ClassVar[int]
    MAX_NEW_TOKENS_FIELD_NUMBER: _ClassVar[int]
    REPETITION_PENALTY_FIELD_NUMBER: _ClassVar[int]
    SAMPLING_FIELD_NUMBER: _ClassVar[int]
    mode: PromptMode
    instruction: str
    grammar: Grammar
    max_new_tokens: int
    repetition_penalty: float
    sampling: Sampling
    def __init__(self, mode: _Optional[_Union[PromptMode, str]] = ..., instruction: _Optional[str] = ..., grammar: _Optional[_Union[Grammar, str]] = ..., max_new_tokens: _Optional[int] = ..., repetition_penalty: _Optional[float] = ..., sampling: _Optional[_Union[Sampling, _Mapping]] = ...) -> None: ...

class Sampling(_message.Message):
    __slots__ = ("temperature", "top_p", "top_k", "seed")
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    TOP_P_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    temperature: float
    top_p: float
    top_k: int
    seed: int
    def __init__(self, temperature: _Optional[float] = ..., top_p: _Optional[float] = ..., top_k: _Optional[int] = ..., seed: _Optional[int] = ...) -> None: ...

class GenerateResponse(_message.Message):
    __slots__ = ("admitted", "delta", "pass_finished", "finished")
    ADMITTED_FIELD_NUMBER: _ClassVar[int]
    DELTA_FIELD_NUMBER: _ClassVar[int]
    PASS_FINISHED_FIELD_NUMBER: _ClassVar[int]
    FINISHED_FIELD_NUMBER: _ClassVar[int]
    admitted: Admitted
    delta: TokenDelta
    pass_finished: PassFinished
    finished: GenerateFinished
    def __init__(self, admitted: _Optional[_Union[Admitted, _Mapping]] = ..., delta: _Optional[_Union[TokenDelta, _Mapping]] = ..., pass_finished: _Optional[_Union[PassFinished, _Mapping]] = ..., finished: _Optional[_Union[GenerateFinished, _Mapping]] = ...) -> None: ...

class Admitted(_message.Message):
    __slots__ = ("attach", "model")
    ATTACH_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    attach: _stage_pb2.AttachTarget
    model: str
    def __init__(self, attach: _Optional[_Union[_stage_pb2.AttachTarget, _Mapping]] = ..., model: _Optional[str] = ...) -> None: ...

class TokenDelta(_message.Message):
    __slots__ = ("tokens",)
    PASS_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    tokens: _containers.RepeatedCompositeFieldContainer[Token]
    def __init__(self, tokens: _Optional[_Iterable[_Union[Token, _Mapping]]] = ..., **kwargs) -> None: ...

class Token(_message.Message):
    __slots__ = ("id", "text", "log_probability")
    ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LOG_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    id: int
    text: str
    log_probability: float
    def __init__(self, id: _Optional[int] = ..., text: _Optional[str] = ..., log_probability: _Optional[float] = ...) -> None: ...

class PassFinished(_message.Message):
    __slots__ = ("reason", "prompt_tokens", "generated_tokens")
    PASS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    PROMPT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    GENERATED_TOKENS_FIELD_NUMBER: _ClassVar[int]
    reason: FinishReason
    prompt_tokens: int
    generated_tokens: int
    def __init__(self, reason: _Optional[_Union[FinishReason, str]] = ..., prompt_tokens: _Optional[int] = ..., generated_tokens: _Optional[int] = ..., **kwargs) -> None: ...

class GenerateFinished(_message.Message):
    __slots__ = ("speech_rows", "report", "time_to_first_token")
    SPEECH_ROWS_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    TIME_TO_FIRST_TOKEN_FIELD_NUMBER: _ClassVar[int]
    speech_rows: int
    report: _stage_pb2.StageReport
    time_to_first_token: _duration_pb2.Duration
    def __init__(self, speech_rows: _Optional[int] = ..., report: _Optional[_Union[_stage_pb2.StageReport, _Mapping]] = ..., time_to_first_token: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class AttachRequest(_message.Message):
    __slots__ = ("attach", "frame")
    ATTACH_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    attach: AttachSession
    frame: _tensor_pb2.TensorFrame
    def __init__(self, attach: _Optional[_Union[AttachSession, _Mapping]] = ..., frame: _Optional[_Union[_tensor_pb2.TensorFrame, _Mapping]] = ...) -> None: ...

class AttachSession(_message.Message):
    __slots__ = ("session_id", "token")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    token: str
    def __init__(self, session_id: _Optional[str] = ..., token: _Optional[str] = ...) -> None: ...

class AttachResponse(_message.Message):
    __slots__ = ("report",)
    REPORT_FIELD_NUMBER: _ClassVar[int]
    report: _stage_pb2.StageReport
    def __init__(self, report: _Optional[_Union[_stage_pb2.StageReport, _Mapping]] = ...) -> None: ...
