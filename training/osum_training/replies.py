"""The replies of the closed chat domain as a decoder learns them.

An intent has several replies that fit; the first is learnt. Where each of several was as likely, a decoder that writes
the likeliest id was pulled to what replies of many intents begin with, however sure it was of the intent.
"""

from collections.abc import Mapping

from .chat_rubric import Intent
from .sequences import Reply
from .tokenizer import Tokenizer


class Replies:
    """`intents`: as `read_intents` gives them."""

    def __init__(self, tokenizer: Tokenizer, intents: Mapping[str, Intent]):
        self.tokenizer, self.intents = tokenizer, intents
        ids = {name: self._ids(intent.replies[0]) for name, intent in intents.items()}
        following: dict[tuple[int, ...], set[int]] = {}
        for reply in ids.values():
            for n, token in enumerate(reply):
                following.setdefault(tuple(reply[:n]), set()).add(token)
        self._choices = {
            name: tuple(n for n in range(len(reply)) if len(following[tuple(reply[:n])]) > 1)
            for name, reply in ids.items()
        }

    def to(self, intent: str) -> str:
        """The reply to what is said with an intent."""
        return self.intents[intent].replies[0]

    def place(self, intent: str, tasks: tuple[str, ...], words: list[int]) -> Reply:
        """Where `to(intent)` stands in the target of `tasks`, beside a transcript of `words`."""
        start = self.tokenizer.reply_place(tasks, words)
        return Reply(self.intents[intent].number, tuple(start + n for n in self._choices[intent]))

    def _ids(self, reply: str) -> list[int]:
        tasks = ("chat",)
        return self.tokenizer.target_ids(tasks, [], {}, reply)[self.tokenizer.reply_place(tasks, []) :]
