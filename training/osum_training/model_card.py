"""The README of a package, written from its model.json so that the two cannot disagree."""

_INTRODUCTION = """# {name} {version}

A small OSUM-Pangu: {encoder}, a {adapter_layers}-layer adapter and a {decoder_layers}-layer
language model that follows instructions about speech. English recognition, word times, the speaker's gender and age,
emotion, speaking style, sound events and replies to small talk; free-form instructions in Chinese and English become
task tags. Weights: {weights}. Made by `training/` of this repository, which can make it again.

The format of the files is `osum-package/1`; `model.json` holds dimensions, prompts, tasks and scores.

## Scores

Measured with the weights as served, by greedy decoding with a repetition penalty of 1.05, on speakers, recordings and
sentences that training never saw.

| task | on | metric | value | n |
| --- | --- | --- | --- | --- |
{rows}

- Style is judged by content: it is trained and scored on sentences of known books that a synthesiser speaks.
- EmoGator's emotions are acted bursts without words, EmoDB's are acted German sentences of six speakers in training;
  all other speech had the emotions that a linear discriminant of these hears. Everyday English speech was not scored.
- Gender was learnt from adults only: a child's voice does not tell it, and what is answered for a child is a guess.
- Replies are for a closed domain of small talk (`training/data/chat/RUBRIC.md`), one to each intent.
- These labels have no free data, are untrained and should not be trusted if they appear: {untrained}.
- Not supported: {unsupported}.

## Data and licences

| what | licence | credit |
| --- | --- | --- |
{licences}
"""

ENCODERS = {
    "whisper-base": "Whisper base's encoder (never padded to 30 s)",
    "random": "a Whisper encoder that began from random weights",
}


def model_card(description: dict) -> str:
    tasks = description["tasks"]
    scored = [(task, score) for task, entry in tasks.items() for score in entry.get("scores", [])]
    scored += [("instruction to tags", score) for score in description["intent"]["scores"]]
    untrained = [f"{label} ({task})" for task, entry in tasks.items() for label in entry.get("untrainedLabels", [])]
    refused = [task for task, entry in tasks.items() if not entry["supported"]]
    return _INTRODUCTION.format(
        name=description["name"],
        version=description["version"],
        encoder=ENCODERS[description["provenance"]["encoderWeights"]],
        adapter_layers=description["adapter"]["layers"],
        decoder_layers=description["decoder"]["layers"],
        weights=description["weights"],
        rows="\n".join(f"| {task} | {s['on']} | {s['metric']} | {s['value']:.3f} | {s['n']} |" for task, s in scored),
        untrained=", ".join(untrained),
        unsupported=", ".join(refused) or "nothing of the above",
        licences="\n".join(
            f"| {entry['what']} | {entry['licence']} | {entry['attribution']} |" for entry in description["licences"]
        ),
    )
