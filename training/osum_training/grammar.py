"""Tasks, tags, labels and the grammar of a target (reference section 7): tags, transcript, labels in tag order."""

LABELS = {
    "gender": ("MALE", "FEMALE"),
    "age": ("CHILD", "ADULT", "OLD"),
    "emotion": ("SAD", "ANGER", "NEUTRAL", "HAPPY", "SURPRISE", "FEAR", "DISGUST", "OTHER"),
    "style": ("新闻科普", "恐怖故事", "童话故事", "客服", "诗歌散文", "有声书", "日常口语", "其他"),
    "caption": ("LAUGH", "COUGH", "CRY", "SCREAMING", "SIGH", "THROAT_CLEARING", "SNEEZE", "OTHER"),
}
UNTRAINED = {
    "age": ("OLD",),
    "style": ("其他",),
    "caption": ("LAUGH", "COUGH", "SCREAMING", "SIGH", "THROAT_CLEARING"),
}
TASKS = ("asr", "align", "chat", "caption", "age", "gender", "style", "emotion")

# The 22 of the reference, written in their tag order.
COMBINATIONS = tuple(
    tuple(line.split())
    for line in (
        "asr",
        "asr align",
        "chat",
        "asr chat",
        "asr emotion",
        "emotion",
        "asr style",
        "style",
        "asr caption",
        "caption",
        "gender",
        "asr gender",
        "asr age",
        "age",
        "asr age gender",
        "age gender",
        "asr style age gender",
        "style age gender",
        "asr caption age gender",
        "asr emotion age gender",
        "asr age gender style emotion",
        "asr caption age gender emotion style",
    )
)


def canonical(tasks: list[str]) -> tuple[str, ...]:
    """The trained order for a set of tasks; a set that is not trained as one stands in the order of `TASKS`, in which
    the product's tag grammar has it.
    """
    for combination in COMBINATIONS:
        if set(combination) == set(tasks):
            return combination
    return tuple(task for task in TASKS if task in tasks)


def tag_string(tasks: tuple[str, ...]) -> str:
    """("asr", "age") -> "<asr><age>"."""
    return "".join(f"<{task}>" for task in tasks)


def answerable(known: set[str]) -> list[tuple[str, ...]]:
    """The combinations whose every task's answer is known of a clip."""
    return [tasks for tasks in COMBINATIONS if known.issuperset(tasks)]


def partly_answerable(known: set[str]) -> list[tuple[str, ...]]:
    """The combinations of which all but labels is known of a clip, and a label if it has any: what stands in a label's
    place does not change what is right in another's.
    """
    learnt = known.intersection(LABELS) or known
    return [tasks for tasks in COMBINATIONS if learnt.intersection(tasks) and known.union(LABELS).issuperset(tasks)]


def trained_labels(task: str) -> list[str]:
    """The labels of a task that training has clips of."""
    return [label for label in LABELS[task] if label not in UNTRAINED.get(task, ())]


def label_symbols(tasks: tuple[str, ...], labels: dict[str, str]) -> list[str]:
    """The bracketed labels of the asked attributes in tag order."""
    return [f"<{labels[task]}>" for task in tasks if task in LABELS]


def parse_answer(text: str) -> tuple[tuple[str, ...], str, list[str]]:
    """A decoded answer -> its leading tags, the transcript, and the labels without brackets."""
    tags: list[str] = []
    labels: list[str] = []
    words = text
    while any(words.startswith(f"<{task}>") for task in TASKS):
        tag, words = words[1:].split(">", 1)
        tags.append(tag)
    while words.endswith(">") and "<" in words:
        words, label = words[:-1].rsplit("<", 1)
        labels.insert(0, label)
    return tuple(tags), " ".join(words.split()), labels
