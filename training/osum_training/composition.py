"""Requests composed of the phrase bank: any wording of each wish, joined in many ways, with talk around them."""

import random
from functools import cache

from .grammar import COMBINATIONS, TASKS, canonical
from .instruction import Instruction
from .phrases import FRAME, Phrases

Part = tuple[str, ...]  # the tasks that one phrase asks for, () for what cannot be served

FREE_SET_SHARE = 0.12
UNSERVED_SHARE = 0.12
TALK_SHARE = 0.15  # of what cannot be served
CHATTER_SHARE = 0.25  # of requests, and of those with talk around them that get more of it
PHRASE_FOR_SEVERAL_SHARE = 0.3  # of pairs and sets that one phrase can ask for
CONTENT_FIRST_SHARE = 0.7
CONTENT = {"asr", "align", "chat"}
EVERYTHING = max(COMBINATIONS, key=len)

bank = cache(Phrases)


def compose(rng: random.Random) -> Instruction:
    """A request for one of the 22 combinations, at times for another set, or one that cannot be served."""
    language, tasks = rng.choice(("zh", "en")), list(rng.choice(COMBINATIONS))
    if rng.random() < FREE_SET_SHARE:
        tasks = rng.sample(TASKS, rng.randint(2, 4))
        tasks += ["asr"] if "align" in tasks and "asr" not in tasks else []
    parts = _parts(tasks, rng)
    if rng.random() >= UNSERVED_SHARE:
        return Instruction(_Wording(language, rng).of(parts), canonical(tasks), language)
    if rng.random() < TALK_SHARE:
        return Instruction(bank().draw(rng, language, (), "talk"), (), language)
    parts = [(), *parts[: rng.choice((0, 0, 1, 2))]]
    rng.shuffle(parts)
    return Instruction(_Wording(language, rng).of(parts), (), language)


def beside_talk(text: str, language: str, rng: random.Random) -> str:
    """A request with a sentence of talk before or after it."""
    return bank().filled(rng, language, _Wording(language, rng).beside_talk(text))


def _parts(tasks: list[str], rng: random.Random) -> list[Part]:
    """The tasks in a random order, in as many phrases as it takes to ask for them."""
    asked = set(tasks)
    parts: list[Part] = []
    if asked == set(EVERYTHING) and rng.random() < PHRASE_FOR_SEVERAL_SHARE:
        return [EVERYTHING]
    if "align" in asked:
        parts.append(("asr", "align"))
        asked -= {"align"} if rng.random() < 0.4 else {"asr", "align"}
    if asked.issuperset(("age", "gender")) and rng.random() < PHRASE_FOR_SEVERAL_SHARE:
        parts.append(("age", "gender"))
        asked -= {"age", "gender"}
    parts += [(task,) for task in TASKS if task in asked]
    rng.shuffle(parts)
    if rng.random() < CONTENT_FIRST_SHARE:
        parts.sort(key=lambda part: not CONTENT.intersection(part))
    return parts


class _Wording:
    """Words one request in one language."""

    def __init__(self, language: str, rng: random.Random):
        self.language, self.rng = language, rng

    def of(self, parts: list[Part]) -> str:
        shapes = (self._list, self._asked, self._questions, self._orders, self._order_then_asked, self._sentences)
        text = self.rng.choices(shapes, (20, 15, 15, 15, 20, 15))[0](parts)
        text = bank().filled(self.rng, self.language, self._surrounded(text, parts))
        return text[0].upper() + text[1:] if self.rng.random() < 0.5 else text

    def _list(self, parts: list[Part]) -> str:
        return self._joined([self._phrase(part, "terse", "noun") for part in parts], "list")

    def _asked(self, parts: list[Part]) -> str:
        nouns = self.rng.random() < 0.5
        forms = ("noun",) if nouns else ("clause", "question", "noun")
        frame = self._frame("ask_noun" if nouns else "ask_clause")
        return frame.replace("{}", self._joined([self._phrase(part, *forms) for part in parts], "list"))

    def _questions(self, parts: list[Part]) -> str:
        questions = self._joined([self._phrase(part, "question", "noun") for part in parts], "between")
        return questions + self._maybe(0.5, self._sign("?", "？"))

    def _orders(self, parts: list[Part]) -> str:
        orders = self._joined([self._phrase(part, "verb", "noun") for part in parts], "and")
        return self._frame("ask_verb").replace("{}", orders) if self.rng.random() < 0.6 else orders

    def _order_then_asked(self, parts: list[Part]) -> str:
        if len(parts) == 1:
            return self._orders(parts)
        return self._frame("and").join((self._orders(parts[:1]), self._asked(parts[1:])))

    def _sentences(self, parts: list[Part]) -> str:
        kinds = (self._orders, self._asked, self._questions, self._wish)
        return self._joined([self.rng.choice(kinds)([part]) for part in parts], "between")

    def _wish(self, parts: list[Part]) -> str:
        return self._phrase(parts[0], "wish", "question", "noun")

    def _surrounded(self, text: str, parts: list[Part]) -> str:
        """Talk before and after, and what is not wanted."""
        unasked = [task for task in TASKS if not any(task in part for part in parts)]
        spared: list[Part] = [(task,) if task != "align" else ("asr", "align") for task in unasked]
        spared += [] if () in parts else [()]
        if spared and self.rng.random() < 0.12:
            text = self._beside(text, self._phrase(self.rng.choice(spared), "not"), before=0.4)
        if self.rng.random() < 0.25:
            text = self._frame("opener") + text
        while self.rng.random() < CHATTER_SHARE:
            text = self.beside_talk(text)
        if self.rng.random() < 0.15:
            text += (self._sign(", ", "，") if text[-1].isalnum() else " ") + self._frame("closer")
        return text + self._maybe(0.35, self._sign(".", "。") if text[-1].isalnum() else "")

    def beside_talk(self, text: str) -> str:
        return self._beside(text, self._frame("chatter"), before=0.7)

    def _beside(self, text: str, other: str, before: float) -> str:
        first, second = (other, text) if self.rng.random() < before else (text, other)
        stop = self.rng.choice((self._sign(", ", "，"), self._sign(". ", "。"))) if first[-1].isalnum() else " "
        return first + stop + second

    def _joined(self, texts: list[str], joiner: str) -> str:
        if joiner == "list" and len(texts) > 1:
            comma = self._sign(", ", "，")
            between = self._frame(joiner)
            usual = between if self.rng.random() < 0.5 else comma
            return usual.join(texts[:-1]) + between + texts[-1]
        return texts[0] + "".join(self._frame(joiner) + text for text in texts[1:])

    def _phrase(self, part: Part, *forms: str) -> str:
        return bank().draw(self.rng, self.language, part, *forms)

    def _frame(self, form: str) -> str:
        return bank().draw(self.rng, self.language, FRAME, form)

    def _sign(self, en: str, zh: str) -> str:
        return zh if self.language == "zh" else en

    def _maybe(self, share: float, text: str) -> str:
        return text if self.rng.random() < share else ""
