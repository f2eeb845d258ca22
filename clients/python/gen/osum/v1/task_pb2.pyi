from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Task(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TASK_UNSPECIFIED: _ClassVar[Task]
    TASK_ASR: _ClassVar[Task]
    TASK_ALIGN: _ClassVar[Task]
    TASK_EMOTION: _ClassVar[Task]
    TASK_STYLE: _ClassVar[Task]
    TASK_CAPTION: _ClassVar[Task]
    TASK_GENDER: _ClassVar[Task]
    TASK_AGE: _ClassVar[Task]
    TASK_CHAT: _ClassVar[Task]

class PlanSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PLAN_SOURCE_UNSPECIFIED: _ClassVar[PlanSource]
    PLAN_SOURCE_TAGS: _ClassVar[PlanSource]
    PLAN_SOURCE_INSTRUCTION: _ClassVar[PlanSource]
    PLAN_SOURCE_CACHE: _ClassVar[PlanSource]
TASK_UNSPECIFIED: Task
TASK_ASR: Task
TASK_ALIGN: Task
TASK_EMOTION: Task
TASK_STYLE: Task
TASK_CAPTION: Task
TASK_GENDER: Task
TASK_AGE: Task
TASK_CHAT: Task
PLAN_SOURCE_UNSPECIFIED: PlanSource
PLAN_SOURCE_TAGS: PlanSource
PLAN_SOURCE_INSTRUCTION: PlanSource
PLAN_SOURCE_CACHE: PlanSource

class Plan(_message.Message):
    __slots__ = ("tags", "tasks", "passes", "score", "source")
    TAGS_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    PASSES_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    tags: str
    tasks: _containers.RepeatedScalarFieldContainer[Task]
    passes: _containers.RepeatedCompositeFieldContainer[PlannedPass]
    score: float
    source: PlanSource
    def __init__(self, tags: _Optional[str] = ..., tasks: _Optional[_Iterable[_Union[Task, str]]] = ..., passes: _Optional[_Iterable[_Union[PlannedPass, _Mapping]]] = ..., score: _Optional[float] = ..., source: _Optional[_Union[PlanSource, str]] = ...) -> None: ...

class PlannedPass(_message.Message):
    __slots__ = ("tags", "tasks")
    TAGS_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    tags: str
    tasks: _containers.RepeatedScalarFieldContainer[Task]
    def __init__(self, tags: _Optional[str] = ..., tasks: _Optional[_Iterable[_Union[Task, str]]] = ...) -> None: ...
