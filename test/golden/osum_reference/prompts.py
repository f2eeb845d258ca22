"""The texts around speech and instruction, to the letter (reference, section 5.2): mistakes in them are upstream's."""

from enum import Enum, auto

TAIL = "<|im_end|>\n<|im_start|>assistant\n"
UNDERSTAND = (
    "<|im_start|>system\n"
    "You are OSUM-chat, an audio understanding. You can transcribe speech accurately and "
    "anaosum_echat2e paralinguistic cues to provide precise text responses.First perform intent "
    "recognition on the user's input and output the corresponding task tag, then execute the relevant "
    "task based on the tag.<|im_end|>\n"
    "<|im_start|>user\n"
)
CHAT = (
    "<|im_start|>system\n"
    "You are OSUM-chat, a speech-to-text dialogue. You understand both the meaning and paralinguistic "
    "cues in speech then respond exclusively with appropriate text.First perform intent recognition on "
    "the user's input and output the corresponding task tag, then execute the relevant task based on "
    "the tag.<|im_end|>\n"
    "<|im_start|>user\n"
)
INTENT = (
    "<|im_start|>system\n"
    "You are OSUM-chat, a text-to-text dialogue assistant by ASLP Lab. You understand user input text "
    "and reply with corresponding user intent tags.<|im_end|>\n"
)
INTENT_PREFIX = "请对以下文本进行意图分类。:"


class Given(Enum):
    """What a question gives to its sequence."""

    SPEECH = auto()
    INSTRUCTION = auto()


# What a sequence is made of; True where a part begins with its own BOS.
SEQUENCES: dict[str, list[tuple[str | Given, bool]]] = {
    "understand": [(UNDERSTAND, True), (Given.INSTRUCTION, True), (Given.SPEECH, False), (TAIL, True)],
    "chat": [(CHAT, True), (Given.SPEECH, False), (TAIL, True)],
    "intent": [(INTENT, True), (Given.INSTRUCTION, False), (TAIL, True)],
}
