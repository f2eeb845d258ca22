"""Batches of like length."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def padded_groups(items: list[T], size: Callable[[T], float], budget: float) -> list[list[T]]:
    """Sorts `items` by size, in place, and cuts them into groups that stay within `budget` when each is padded to its
    longest; a group of one may exceed it.
    """
    items.sort(key=size)
    groups: list[list[T]] = [[]]
    for item in items:
        if groups[-1] and size(item) * (len(groups[-1]) + 1) > budget:
            groups.append([])
        groups[-1].append(item)
    return groups
