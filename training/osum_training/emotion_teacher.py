"""Emotions for clips that carry none, as a linear reading of the encoder's frozen states hears them.

The few speakers whose emotions are known are learnt by heart by a network that is trained on them (half of unseen
speakers' emotions right), while a linear discriminant on the mean and deviation of their states tells 85 %. What it
says of other speech, hours of many voices, teaches the network to listen as it does.
"""

import random
from dataclasses import dataclass

import numpy as np

from .cache import FRAMES_PER_SECOND, Cached, FeatureCache

SOURCE = "emodb"
LEAST = 200  # clips to learn from
SAMPLE = 600  # other clips, on which the emotions' frequencies are measured
LEAST_SECONDS = 1.5  # of a clip to be told its emotion
SHRINKAGE = 0.5  # of the states' covariance to a multiple of one
SHARE = 0.3  # of the other clips are told their emotion, if the emotions are equally frequent


@dataclass
class EmotionTeacher:
    """weights [2 * width, labels] and bias [labels] read the mean and deviation of a clip's states; chances [labels]:
    how often a clip of each emotion is told it, so that rare ones are told as often as common ones.
    """

    labels: list[str]
    weights: np.ndarray
    bias: np.ndarray
    chances: np.ndarray

    @classmethod
    def fitted(cls, cache: FeatureCache, rng: random.Random) -> "EmotionTeacher | None":
        """Fisher's linear discriminant on the training clips of SOURCE. None if the cache has too few of them, or holds
        speech rows.
        """
        known = [clip for clip in cache.clips if clip.source == SOURCE and clip.split == "train" and _emotion(clip)]
        others = [clip for clip in cache.clips if _lacks(clip)]
        if len(known) < LEAST or not others:
            return None
        labels = sorted({_emotion(clip) for clip in known})
        states = np.stack([_statistics(cache.rows(clip)) for clip in known])
        numbers = np.array([labels.index(_emotion(clip)) for clip in known])
        center, scale = states.mean(0), states.std(0) + 1e-4
        states = (states - center) / scale
        means = np.stack([states[numbers == n].mean(0) for n in range(len(labels))])
        apart = states - means[numbers]
        covariance = (1 - SHRINKAGE) * (apart.T @ apart) / len(apart)
        covariance += SHRINKAGE * (apart**2).mean() * np.eye(len(covariance))
        directions = np.linalg.solve(covariance, means.T)
        weights = directions / scale[:, None]
        bias = -0.5 * (means.T * directions).sum(0) - center @ weights
        teacher = cls(labels, weights, bias, np.ones(len(labels)))
        heard = [teacher.heard(cache.rows(clip)) for clip in rng.sample(others, min(SAMPLE, len(others)))]
        counts = np.bincount(heard, minlength=len(labels)) + 1.0
        teacher.chances = np.minimum(1.0, SHARE * counts.sum() / len(labels) / counts)
        return teacher

    def heard(self, states: np.ndarray) -> int:
        """The place in `labels` of what it hears in a clip's states [frames, width]."""
        return int((_statistics(states) @ self.weights + self.bias).argmax())

    def told(self, clip: Cached, states: np.ndarray, rng: random.Random) -> dict[str, str]:
        """A clip's labels, with the emotion that is heard in it if it is drawn and carries none."""
        if not _lacks(clip):
            return clip.labels
        number = self.heard(states)
        return clip.labels | {"emotion": self.labels[number]} if rng.random() < self.chances[number] else clip.labels


def _emotion(clip: Cached) -> str:
    return clip.labels.get("emotion", "")


def _lacks(clip: Cached) -> bool:
    """Whether a clip to train on is speech whose emotion is not known."""
    speech = bool(clip.text) and not clip.question and clip.seconds >= LEAST_SECONDS
    return speech and clip.split == "train" and not _emotion(clip) and clip.rate == FRAMES_PER_SECOND


def _statistics(states: np.ndarray) -> np.ndarray:
    """Mean and deviation over time [2 * width] of states [frames, width]."""
    wide = np.asarray(states, np.float32)
    return np.concatenate([wide.mean(0), wide.std(0)]).astype(np.float64)
