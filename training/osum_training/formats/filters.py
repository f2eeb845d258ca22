"""Which items the reference leaves out of training (section 8.3), and why."""

from collections.abc import Callable
from dataclasses import dataclass

from .target import Target

SECONDS = (0.2, 40.0)
TOKENS = (1, 12_000)  # of a target
POSITIONS = 900  # of a whole sequence
FRAME = 58  # positions that the system text, the tail and the marks of a sequence take
ROWS_A_SECOND = 12.5
NAMES = ("moss", "qwen", "helper", "chatbot", "chatgpt", "ai agent", "语言模型")  # of assistants that are not this one


@dataclass(frozen=True)
class SampleFilter:
    """`count_tokens` gives the number of ids of a text."""

    count_tokens: Callable[[str], int]

    def reason(self, target: Target, seconds: float, question: str) -> str | None:
        """Why an item is left out; None if it is kept."""
        said = f"{target.text} {target.reply}".strip()
        if target.unlabelled:
            return "missing label"
        if not SECONDS[0] <= seconds <= SECONDS[1]:
            return "too short or too long"
        if any(name in said.lower() for name in NAMES):
            return "names another assistant"
        tokens = self.count_tokens(said) + len(target.labels)
        if not TOKENS[0] <= tokens <= TOKENS[1]:
            return "target too long"
        prompt = self.count_tokens(question) if question else 0
        if prompt + ROWS_A_SECOND * seconds + tokens + FRAME > POSITIONS:
            return "sequence too long"
        return None
