from osum.v1 import stage_pb2 as _stage_pb2
from osum.v1 import tensor_pb2 as _tensor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EncodeRequest(_message.Message):
    __slots__ = ("config", "frame")
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    config: EncodeConfig
    frame: _tensor_pb2.TensorFrame
    def __init__(self, config: _Optional[_Union[EncodeConfig, _Mapping]] = ..., frame: _Optional[_Union[_tensor_pb2.TensorFrame, _Mapping]] = ...) -> None: ...

class EncodeConfig(_message.Message):
    __slots__ = ("model", "forward")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    FORWARD_FIELD_NUMBER: _ClassVar[int]
    model: str
    forward: _stage_pb2.Forward
    def __init__(self, model: _Optional[str] = ..., forward: _Optional[_Union[_stage_pb2.Forward, _Mapping]] = ...) -> None: ...

class EncodeResponse(_message.Message):
    __slots__ = ("frame", "report")
    FRAME_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    frame: _tensor_pb2.TensorFrame
    report: EncodeReport
    def __init__(self, frame: _Optional[_Union[_tensor_pb2.TensorFrame, _Mapping]] = ..., report: _Optional[_Union[EncodeReport, _Mapping]] = ...) -> None: ...

class EncodeReport(_message.Message):
    __slots__ = ("stages",)
    STAGES_FIELD_NUMBER: _ClassVar[int]
    stages: _containers.RepeatedCompositeFieldContainer[_stage_pb2.StageReport]
    def __init__(self, stages: _Optional[_Iterable[_Union[_stage_pb2.StageReport, _Mapping]]] = ...) -> None: ...
