"""Dataset keys, such as `<TRANSCRIBE> <AGE>`, and the tasks of the model that they stand for (reference section 7)."""

import re

from ..errors import InputError

TASK_OF_KEY = {
    "TRANSCRIBE": "asr",
    "ALIGN": "align",
    "S2TCHAT": "chat",
    "EMOTION": "emotion",
    "STYLE": "style",
    "CAPTION": "caption",
    "GENDER": "gender",
    "AGE": "age",
}
TEXT_ONLY = {"TEXT2TEXT", "INTENT_CLASSIFICATION"}
CHAT_VARIANTS = {"TEXT2TOKEN", "THINKER", "THINK"}  # beside S2TCHAT: how the answer was made; it stays a chat
_KEYS = re.compile(r"(<[A-Z0-9_]+> *)+")


def tasks_of(key: str, place: str) -> tuple[str, ...] | None:
    """The tasks of a dataset key in its order; None for tasks without audio. Raises InputError for others."""
    names = re.findall(r"<([^<>]*)>", key)
    if not _KEYS.fullmatch(key.strip()):
        raise InputError(f"{place}: expected a task such as <TRANSCRIBE> <AGE>, got {key!r}; correct it")
    if TEXT_ONLY.intersection(names):
        return None
    if "S2TCHAT" in names:
        names = [name for name in names if name not in CHAT_VARIANTS]
    unknown = [name for name in names if name not in TASK_OF_KEY]
    if unknown:
        known = ", ".join(f"<{name}>" for name in TASK_OF_KEY)
        raise InputError(f"{place}: the task <{unknown[0]}> is unknown; expected some of {known}")
    return tuple(TASK_OF_KEY[name] for name in names)
