"""Clips of the cache as a model hears them, for what is measured or kept and not trained."""

from collections.abc import Iterable, Iterator

from torch import Tensor

from .cache import Cached, FeatureCache
from .device import autocast, working_type
from .masking import masked
from .model import OsumNano
from .padded_groups import padded_groups
from .speech_batches import collate

BATCH_SECONDS = 120.0


def hear_clips(
    model: OsumNano, cache: FeatureCache, clips: Iterable[Cached], masks: bool
) -> Iterator[tuple[list[Cached], Tensor, Tensor]]:
    """Clips of like length together, with their speech rows [batch, S, width] and the rows' numbers [batch]; through
    masks drawn from torch's random state if wanted, and through dropout if the model is being trained.
    """
    device = next(model.parameters()).device
    for group in padded_groups(list(clips), lambda clip: clip.seconds, BATCH_SECONDS):
        features, lengths = collate(cache, group)
        shown = masked(features, lengths) if masks else features
        with autocast(device):
            rows, counts = model.hear(shown.to(device, working_type(device)), lengths)
        yield group, rows, counts
