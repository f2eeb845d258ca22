"""Labels of the reference's data in the model's words (reference section 7)."""

from ..errors import InputError
from ..grammar import LABELS

_STYLES = {
    "新闻科普": ("朗读", "科普百科"),
    "恐怖故事": ("悬疑恐怖",),
    "诗歌散文": ("诗歌", "散文"),
    "有声书": ("武侠评书", "小说", "历史", "科幻"),
    "日常口语": ("对话", "口语"),
    "其他": ("幽默",),
}
RENAMED = {
    "age": {"YOUTH": "ADULT", "MIDDLE_AGE": "ADULT", "MIDDLE": "ADULT"},
    "emotion": {"ANGRY": "ANGER"},
    "style": {old: new for new, olds in _STYLES.items() for old in olds},
}
MISSING = {"NONE", "NULL"}


def is_missing(label: str) -> bool:
    """Whether a label says that there is none."""
    return label.strip().upper() in MISSING


def label_of(task: str, found: str) -> str | None:
    """A label without brackets as the model writes it; None if the task has no such label."""
    label = found.strip().upper().replace(" ", "_")
    label = RENAMED.get(task, {}).get(label, label)
    return label if label in LABELS[task] else None


def assigned(tasks: tuple[str, ...], found: list[str], place: str) -> dict[str, str]:
    """Each label of a target with the task that it answers.

    The grammar has one label a task in the order of the tags; where the data's order differs, a label goes to the first
    task left that knows it. Raises InputError for labels that no task knows, or a number that does not fit.
    """
    left = [task for task in tasks if task in LABELS]
    if len(found) != len(left):
        wanted = f"one label each for {', '.join(left)}" if left else "no label"
        raise InputError(f"{place}: expected {wanted}, got {len(found)} ({', '.join(found)}); correct text or task")
    in_order = [label_of(task, label) for task, label in zip(left, found, strict=True)]
    if all(in_order):
        return {task: label for task, label in zip(left, in_order, strict=True) if label}
    labels = {}
    for label in found:
        task = next((task for task in left if label_of(task, label)), None)
        if task is None:
            known = "; ".join(f"{task}: {' '.join(LABELS[task])}" for task in left)
            raise InputError(f"{place}: the label <{label}> is unknown; expected {known}")
        labels[task] = label_of(task, label) or ""
        left.remove(task)
    return labels
