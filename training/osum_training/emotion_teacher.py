"""Emotions of speech whose emotion is not known, as a linear reading of the encoder's frozen states hears them.

The few speakers whose emotions are known are learnt by heart by a network that is trained on them (half of unseen
speakers' emotions right), while a linear discriminant on the mean of their states tells 87 %. How probable it finds
each emotion in other speech, hours of many voices, teaches the network to listen as it does. So do clips whose mean is
moved towards that of a known one: what it hears then is another emotion, which cannot be learnt by heart.
"""

import random
from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from .cache import FRAMES_PER_SECOND, Cached, FeatureCache
from .grammar import LABELS

SOURCE = "emodb"
EMOTIONS = LABELS["emotion"]
LEAST = 200  # clips to learn from
SAMPLE = 600  # other clips, on which the scale of the scores is measured
LEAST_SECONDS = 1.5  # of a clip in which an emotion is heard
SHRINKAGE = 0.3  # of the states' covariance to a multiple of one; of 0.3, 0.5 and 0.7 the best for a speaker left out
CERTAINTY = 0.6  # probability of the likeliest emotion, on average


@dataclass
class EmotionTeacher:
    """weights [width, EMOTIONS] and bias [EMOTIONS] turn the mean of a clip's states into logits; means [clips, width]
    are those of the clips that it was fitted on.
    """

    weights: np.ndarray
    bias: np.ndarray
    means: np.ndarray

    @classmethod
    def fitted(cls, cache: FeatureCache, rng: random.Random) -> "EmotionTeacher | None":
        """Fisher's linear discriminant on the training clips of SOURCE. None if the cache has too few of them, or holds
        speech rows.
        """
        known = [clip for clip in cache.clips if is_known(clip)]
        others = [clip for clip in cache.clips if is_taught(clip)]
        if len(known) < LEAST or not others:
            return None
        numbers = np.array([EMOTIONS.index(_emotion(clip)) for clip in known])
        means = np.stack([_mean(cache.rows(clip)) for clip in known])
        weights, bias = _discriminant(means, numbers)
        heard = np.stack([_mean(cache.rows(clip)) for clip in rng.sample(others, min(SAMPLE, len(others)))])
        scale = _scale(heard @ weights + bias)
        return cls(scale * weights, scale * bias, means)

    def heard(self, states: np.ndarray) -> np.ndarray:
        """How probable it finds each of EMOTIONS in a clip's states [frames, width]."""
        return softmax(_mean(states) @ self.weights + self.bias)

    def moved(self, states: np.ndarray, rng: random.Random) -> tuple[np.ndarray, np.ndarray]:
        """A clip's states [frames, width], moved by one vector so that their mean lies between what it was and that of
        a clip that the teacher was fitted on, and how probable it finds each emotion in them.
        """
        step = rng.random() * (rng.choice(self.means) - _mean(states))
        states = np.asarray(states, np.float32) + step.astype(np.float32)
        return states, self.heard(states)


def _discriminant(states: np.ndarray, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """States [clips, width] of classes `numbers` [clips] -> weights [width, EMOTIONS] and bias [EMOTIONS]. Emotions
    without a clip are never heard.
    """
    center, scale = states.mean(0), states.std(0) + 1e-4
    states = (states - center) / scale
    present = np.unique(numbers)
    means = np.zeros((len(EMOTIONS), states.shape[1]))
    means[present] = [states[numbers == n].mean(0) for n in present]
    apart = states - means[numbers]
    covariance = (1 - SHRINKAGE) * (apart.T @ apart) / len(apart)
    covariance += SHRINKAGE * (apart**2).mean() * np.eye(len(covariance))
    directions = np.linalg.solve(covariance, means.T)
    weights = directions / scale[:, None]
    bias = -0.5 * (means.T * directions).sum(0) - center @ weights
    bias[np.setdiff1d(np.arange(len(EMOTIONS)), present)] = -np.inf
    return weights, bias


def _scale(scores: np.ndarray) -> float:
    """What scores [clips, EMOTIONS] are multiplied by, so that the likeliest has CERTAINTY on average; 1 at most."""
    scales = np.geomspace(1e-4, 1.0, 200)
    certain = [float(softmax(scale * scores, axis=-1).max(-1).mean()) for scale in scales]
    return float(scales[min(int(np.searchsorted(certain, CERTAINTY)), len(scales) - 1)])


def is_known(clip: Cached) -> bool:
    """Whether a teacher is fitted on a clip."""
    return clip.source == SOURCE and clip.split == "train" and bool(_emotion(clip))


def _emotion(clip: Cached) -> str:
    return clip.labels.get("emotion", "")


def is_taught(clip: Cached) -> bool:
    """Whether it is speech of unknown emotion, to train on, of which a teacher can tell."""
    speech = bool(clip.text) and clip.seconds >= LEAST_SECONDS and clip.rate == FRAMES_PER_SECOND
    return speech and clip.split == "train" and not _emotion(clip)


def _mean(states: np.ndarray) -> np.ndarray:
    """Mean over time [width] of states [frames, width]."""
    return np.asarray(states, np.float32).mean(0).astype(np.float64)
