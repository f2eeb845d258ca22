from osum.v1 import tensor_pb2 as _tensor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Stage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STAGE_UNSPECIFIED: _ClassVar[Stage]
    STAGE_FEATURES: _ClassVar[Stage]
    STAGE_ENCODER: _ClassVar[Stage]
    STAGE_ADAPTER: _ClassVar[Stage]
    STAGE_DECODER: _ClassVar[Stage]
    STAGE_ROUTER: _ClassVar[Stage]
STAGE_UNSPECIFIED: Stage
STAGE_FEATURES: Stage
STAGE_ENCODER: Stage
STAGE_ADAPTER: Stage
STAGE_DECODER: Stage
STAGE_ROUTER: Stage

class AttachTarget(_message.Message):
    __slots__ = ("address", "session_id", "token")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    address: str
    session_id: str
    token: str
    def __init__(self, address: _Optional[str] = ..., session_id: _Optional[str] = ..., token: _Optional[str] = ...) -> None: ...

class Forward(_message.Message):
    __slots__ = ("decoder", "encoder_address", "adapter_address")
    DECODER_FIELD_NUMBER: _ClassVar[int]
    ENCODER_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    ADAPTER_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    decoder: AttachTarget
    encoder_address: str
    adapter_address: str
    def __init__(self, decoder: _Optional[_Union[AttachTarget, _Mapping]] = ..., encoder_address: _Optional[str] = ..., adapter_address: _Optional[str] = ...) -> None: ...

class StageTiming(_message.Message):
    __slots__ = ("queue_seconds", "compute_seconds", "transfer_seconds")
    QUEUE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    COMPUTE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    TRANSFER_SECONDS_FIELD_NUMBER: _ClassVar[int]
    queue_seconds: float
    compute_seconds: float
    transfer_seconds: float
    def __init__(self, queue_seconds: _Optional[float] = ..., compute_seconds: _Optional[float] = ..., transfer_seconds: _Optional[float] = ...) -> None: ...

class StageReport(_message.Message):
    __slots__ = ("stage", "instance", "inputs", "outputs", "timing", "batch_utterances")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    TIMING_FIELD_NUMBER: _ClassVar[int]
    BATCH_UTTERANCES_FIELD_NUMBER: _ClassVar[int]
    stage: Stage
    instance: str
    inputs: _containers.RepeatedCompositeFieldContainer[_tensor_pb2.TensorInfo]
    outputs: _containers.RepeatedCompositeFieldContainer[_tensor_pb2.TensorInfo]
    timing: StageTiming
    batch_utterances: int
    def __init__(self, stage: _Optional[_Union[Stage, str]] = ..., instance: _Optional[str] = ..., inputs: _Optional[_Iterable[_Union[_tensor_pb2.TensorInfo, _Mapping]]] = ..., outputs: _Optional[_Iterable[_Union[_tensor_pb2.TensorInfo, _Mapping]]] = ..., timing: _Optional[_Union[StageTiming, _Mapping]] = ..., batch_utterances: _Optional[int] = ...) -> None: ...
