"""What is asked of SpeechUnderstanding, and what comes of it: shared by both kinds of client."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias, TypedDict

from osum.v1.task_pb2 import Plan
from osum.v1.understanding_pb2 import (
    AudioFormat,
    GenerationOptions,
    LiveOptions,
    PartialTranscript,
    ResultEvent,
    UnderstandConfig,
    UnderstandRequest,
    UnderstandResponse,
    UnderstandSummary,
    UtteranceEnded,
    UtteranceResult,
    UtteranceStarted,
)

Event: TypeAlias = (
    Plan | UtteranceStarted | PartialTranscript | ResultEvent | UtteranceEnded | UtteranceResult | UnderstandSummary
)
"""A message of a running call; `match` and `isinstance` tell which."""


@dataclass
class Understanding:
    """All that came of one call."""

    plan: Plan
    """What was asked of the model."""
    utterances: list[UtteranceResult] = field(default_factory=list)
    """In the order of the recording."""
    summary: UnderstandSummary = field(default_factory=UnderstandSummary)
    """Totals."""


class UnderstandOptions(TypedDict, total=False):
    """Keyword arguments of `understand` and `stream`."""

    instruction: str
    """What to find out, in plain words. Exactly one of this and `tags`."""
    tags: str
    """What to find out, as task tags such as `<asr><age>`."""
    format: AudioFormat
    """Encoding of the audio; needed for raw PCM (`pcm_format`). Default: recognised by the first bytes."""
    live: LiveOptions | bool
    """True or options for audio that arrives as it is spoken. Default: a recording."""
    generation: GenerationOptions
    """How the answer is generated. Default: as the model package says."""
    timeout: float
    """Seconds that the call may take, repetitions included. Default: no bound."""


def config_request(options: UnderstandOptions, model: str) -> UnderstandRequest:
    """The first message of a call."""
    if ("instruction" in options) == ("tags" in options):
        raise TypeError("expected exactly one of instruction and tags")
    config = UnderstandConfig(model=model, format=options.get("format"), generation=options.get("generation"))
    if "tags" in options:
        config.tags = options["tags"]
    else:
        config.instruction = options["instruction"]
    live = options.get("live", False)
    if live is not False:
        config.live.CopyFrom(LiveOptions() if live is True else live)
    return UnderstandRequest(config=config)


def event_from(response: UnderstandResponse) -> Event | None:
    """The one part that a response holds; None for one that this client is too old to know."""
    name = response.WhichOneof("response")
    event: Event | None = None if name is None else getattr(response, name)
    return event


class Collector:
    """Gathers the messages of a call."""

    def __init__(self) -> None:
        self._plan: Plan | None = None
        self._utterances: list[UtteranceResult] = []
        self._summary: UnderstandSummary | None = None

    def add(self, event: Event) -> None:
        match event:
            case Plan():
                self._plan = event
            case UtteranceResult():
                self._utterances.append(event)
            case UnderstandSummary():
                self._summary = event

    def understanding(self) -> Understanding:
        if self._plan is None or self._summary is None:
            missing = "plan" if self._plan is None else "summary"
            raise RuntimeError(f"the answer holds no {missing}: is the server an osum.v1 router?")
        return Understanding(self._plan, self._utterances, self._summary)


def collect(events: Iterable[Event]) -> Understanding:
    """All of a call."""
    collector = Collector()
    for event in events:
        collector.add(event)
    return collector.understanding()
