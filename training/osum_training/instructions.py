"""Requests in Chinese and English and the tags that they mean: the published prompts, and
phrases combined by template."""

import json
import random
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from .config import REPOSITORY
from .data_folder import data_file
from .grammar import COMBINATIONS, TASKS

OWN = REPOSITORY / "training" / "data" / "instructions"
HELD_OUT = "held-out.jsonl"

ASR = {
    "en": (
        "transcribe the audio",
        "write down what is said",
        "turn this recording into text",
        "convert the speech to text",
        "tell me what they say",
        "give me the words",
        "type out what you hear",
        "what is being said",
        "make a transcript",
        "put the speech into writing",
        "note down the words",
    ),
    "zh": (
        "把音频转成文字",
        "转写这段录音",
        "把说的话写下来",
        "写出录音的内容",
        "将语音转录为文本",
        "告诉我说了什么",
        "记录下听到的内容",
        "识别语音内容",
        "听写一下这段音频",
        "这段话说的是什么",
    ),
}
ALIGN = {
    "en": (
        "mark when each word starts and ends",
        "add the time of every word",
        "give timestamps for each word",
        "with word level times",
        "align each word in time",
    ),
    "zh": (
        "标出每个字的起止时间",
        "给每个词加上时间戳",
        "注明每个字的时间",
        "并对齐每个词的时间",
        "同时记录每个词的开始和结束时间",
    ),
}
CHAT = {
    "en": (
        "answer the speaker",
        "reply to what is said",
        "respond to the person",
        "chat with me about it",
        "talk back to the speaker",
        "give a reply",
    ),
    "zh": ("回答说话人", "和我聊天", "回复音频里的话", "给出回应", "跟我对话", "回应一下他说的话"),
}
ATTRIBUTES = {
    "gender": {
        "en": (
            "the speaker's gender",
            "whether it is a man or a woman",
            "the sex of the speaker",
            "if the voice is male or female",
            "the gender",
        ),
        "zh": ("说话人的性别", "是男是女", "性别", "男声还是女声", "说话者是男性还是女性"),
    },
    "age": {
        "en": (
            "the speaker's age",
            "how old the speaker is",
            "the age group",
            "whether it is a child or an adult",
            "the age",
        ),
        "zh": ("说话人的年龄", "年龄", "是小孩还是大人", "年龄段", "说话者大概多大"),
    },
    "emotion": {
        "en": (
            "the emotion",
            "how the speaker feels",
            "the mood of the voice",
            "the speaker's emotion",
            "the feeling in the voice",
        ),
        "zh": ("情感", "说话人的情绪", "是什么心情", "情绪", "说话者的感情"),
    },
    "style": {
        "en": (
            "the speaking style",
            "the style",
            "what style of speech it is",
            "the style of the speech",
            "which kind of speech it is",
        ),
        "zh": ("风格", "说话的风格", "是什么风格", "语言风格", "讲话风格"),
    },
    "caption": {
        "en": (
            "the sound event",
            "the audio event",
            "which event can be heard",
            "any sound such as a laugh or a cough",
            "the event in the audio",
        ),
        "zh": ("音频事件", "声音事件", "发生了什么声音事件", "有没有笑声咳嗽声之类的声音", "事件"),
    },
}
OPENERS = {
    "en": (
        "",
        "",
        "please ",
        "can you ",
        "could you ",
        "I would like you to ",
        "hey, ",
        "for this clip, ",
        "listen and ",
        "kindly ",
        "now ",
    ),
    "zh": ("", "", "请", "请你", "帮我", "麻烦你", "你能不能", "听一下，", "根据这段音频，", "可以", "请根据音频"),
}
ASK_LABELS = {
    "en": (
        "tell me {}",
        "give {}",
        "identify {}",
        "determine {}",
        "I want to know {}",
        "detect {}",
        "what is {}",
        "find out {}",
        "label {}",
        "say {}",
    ),
    "zh": ("判断{}", "识别{}", "告诉我{}", "分析{}", "给出{}", "说说{}", "检测{}", "我想知道{}", "标注{}", "确定{}"),
}
APPEND_LABELS = {
    "en": (
        " and tell me {}",
        " and add {} at the end",
        ", then give {}",
        ", with {} at the end",
        " and also say {}",
        ", plus {}",
        " and note {}",
        " and append {}",
    ),
    "zh": (
        "，并判断{}",
        "，然后在末尾加上{}",
        "，同时告诉我{}",
        "，再标注{}",
        "，最后附上{}标签",
        "，还有{}",
        "，顺便说说{}",
        "并附上{}",
    ),
}
ENDINGS = {
    "en": ("", "", "", ".", ".", "?", ", in the format of <>.", " inside <>.", ", thanks.", ", please."),
    "zh": ("", "", "", "。", "。", "？", "，标签格式为<>。", "，用<>表示。", "，谢谢。", "吧。"),
}


@dataclass(frozen=True)
class Instruction:
    text: str
    tasks: tuple[str, ...]
    language: str


def canonical(tasks: list[str]) -> tuple[str, ...]:
    """The trained order for a set of tasks; a set that is not trained as one stands in the order of `TASKS`, in which
    the product's tag grammar has it.
    """
    for combination in COMBINATIONS:
        if set(combination) == set(tasks):
            return combination
    return tuple(task for task in TASKS if task in tasks)


def read_instructions(path: Path) -> list[Instruction]:
    """A JSON Lines file of {text, tags, lang}; no tags: the request cannot be served."""
    records = map(json.loads, path.read_text().splitlines())
    return [Instruction(record["text"], canonical(record["tags"]), record["lang"]) for record in records]


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def published(data: Path) -> tuple[list[Instruction], list[Instruction]]:
    """The published prompts as (training, validation); a tenth, chosen by a checksum of the text, is for validation."""
    training: list[Instruction] = []
    validation: list[Instruction] = []
    for instruction in read_instructions(data_file(data / "instructions" / "train.jsonl")):
        (validation if crc32(instruction.text.encode()) % 10 == 0 else training).append(instruction)
    return training, validation


def _joined(parts: list[str], language: str, rng: random.Random) -> str:
    if language == "zh":
        return rng.choice(("、", "和", "以及", "，")).join(parts)
    return ", ".join(parts[:-1]) + rng.choice((" and ", ", ", " and also ")) + parts[-1] if len(parts) > 1 else parts[0]


def compose(rng: random.Random) -> Instruction:
    """An instruction by template for one of the 22 combinations."""
    tasks, language = rng.choice(COMBINATIONS), rng.choice(("zh", "en"))
    asked = [task for task in tasks if task in ATTRIBUTES]
    rng.shuffle(asked)
    labels = _joined([rng.choice(ATTRIBUTES[task][language]) for task in asked], language, rng) if asked else ""
    parts = [
        rng.choice(bank[language]) for task, bank in (("asr", ASR), ("chat", CHAT), ("align", ALIGN)) if task in tasks
    ]
    text = rng.choice((" and ", ", then ") if language == "en" else ("，", "，并", "，然后")).join(parts)
    if labels:
        text += rng.choice((APPEND_LABELS if parts else ASK_LABELS)[language]).format(labels)
    text = rng.choice(OPENERS[language]) + text + rng.choice(ENDINGS[language])
    return Instruction(text[0].upper() + text[1:] if rng.random() < 0.6 else text, tasks, language)


class Instructions:
    """Draws training instructions: published prompts and those of `training/data`, lightly varied, and composed ones.

    validation: a tenth of the published prompts; held_out: paraphrases written for scoring alone.
    """

    def __init__(self, data: Path):
        self.published, self.validation = published(data)
        self.held_out = read_instructions(OWN / HELD_OUT)
        scored = {_plain(instruction.text) for instruction in self.held_out + self.validation}
        written = [i for path in sorted(OWN.glob("*.jsonl")) if path.name != HELD_OUT for i in read_instructions(path)]
        self.written = [instruction for instruction in written if _plain(instruction.text) not in scored]
        self.training = self.published + self.written
        self.by_tasks: dict[tuple[str, ...], list[Instruction]] = {}
        for instruction in self.training:
            self.by_tasks.setdefault(instruction.tasks, []).append(instruction)

    def draw(self, rng: random.Random) -> Instruction:
        kind = rng.random()
        if kind < 0.12:
            return compose(rng)
        return self._varied(rng.choice(self.published if kind < 0.35 else self.written), rng)

    def draw_for(self, tasks: tuple[str, ...], rng: random.Random) -> str | None:
        """A request for exactly these tasks, if there is one."""
        known = self.by_tasks.get(tasks)
        return self._varied(rng.choice(known), rng).text if known else None

    def corpus(self, rng: random.Random) -> list[str]:
        """Texts to train the tokenizer on."""
        return [i.text for i in self.published for _ in range(6)] + [compose(rng).text for _ in range(6000)]

    @staticmethod
    def _varied(instruction: Instruction, rng: random.Random) -> Instruction:
        text, kind = instruction.text, rng.random()
        if kind < 0.15:
            text = text.rstrip("。.!！?？")
        elif kind < 0.25 and instruction.language == "en":
            text = text.lower()
        elif kind < 0.35 and len(text) > 8:
            at = rng.randrange(len(text))
            text = text[:at] + text[at + 1 :]  # a typing slip
        return Instruction(text, instruction.tasks, instruction.language)
