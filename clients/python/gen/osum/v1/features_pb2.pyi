from osum.v1 import stage_pb2 as _stage_pb2
from osum.v1 import tensor_pb2 as _tensor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PcmEncoding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PCM_ENCODING_UNSPECIFIED: _ClassVar[PcmEncoding]
    PCM_ENCODING_F32LE: _ClassVar[PcmEncoding]
    PCM_ENCODING_S16LE: _ClassVar[PcmEncoding]
PCM_ENCODING_UNSPECIFIED: PcmEncoding
PCM_ENCODING_F32LE: PcmEncoding
PCM_ENCODING_S16LE: PcmEncoding

class ExtractRequest(_message.Message):
    __slots__ = ("config", "pcm")
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    PCM_FIELD_NUMBER: _ClassVar[int]
    config: ExtractConfig
    pcm: bytes
    def __init__(self, config: _Optional[_Union[ExtractConfig, _Mapping]] = ..., pcm: _Optional[bytes] = ...) -> None: ...

class ExtractConfig(_message.Message):
    __slots__ = ("encoding", "model", "forward")
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    FORWARD_FIELD_NUMBER: _ClassVar[int]
    encoding: PcmEncoding
    model: str
    forward: _stage_pb2.Forward
    def __init__(self, encoding: _Optional[_Union[PcmEncoding, str]] = ..., model: _Optional[str] = ..., forward: _Optional[_Union[_stage_pb2.Forward, _Mapping]] = ...) -> None: ...

class ExtractResponse(_message.Message):
    __slots__ = ("frame", "report")
    FRAME_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    frame: _tensor_pb2.TensorFrame
    report: ExtractReport
    def __init__(self, frame: _Optional[_Union[_tensor_pb2.TensorFrame, _Mapping]] = ..., report: _Optional[_Union[ExtractReport, _Mapping]] = ...) -> None: ...

class ExtractReport(_message.Message):
    __slots__ = ("stages",)
    STAGES_FIELD_NUMBER: _ClassVar[int]
    stages: _containers.RepeatedCompositeFieldContainer[_stage_pb2.StageReport]
    def __init__(self, stages: _Optional[_Iterable[_Union[_stage_pb2.StageReport, _Mapping]]] = ...) -> None: ...
