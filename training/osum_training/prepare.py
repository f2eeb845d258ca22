"""From recordings and sentences to cached hidden states of the encoder: decode, synthesise, disturb, encode. Each shard
is one resumable task, and any number of processes may work on them side by side.
"""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import torch

from .cache import cache_folder
from .config import Config
from .device import open_device
from .disk_space import free_bytes, require_space
from .errors import InputError
from .fingerprint import claim_cache
from .formats import FORMATS
from .formats.dataset import expanded
from .preparer import Preparer
from .shard_tasks import Lengths, Sources, Task, first_tasks, missing, needed_bytes, round_of, tasks
from .shard_writer import ShardTakenError
from .source_check import checked_lengths
from .supervision import end_with_parent, run_processes
from .synthesis import check_voices
from .tokenizer_file import ensure_tokenizer

LOG = "prepare.log"


def open_sources(config: Config, data: Path) -> Sources:
    """The sources of the reference's formats with their parts. Raises InputError for files that are missing."""
    found = expanded(config.data.sources, data)
    if taken := {source.name for source in found} & set(config.data.recordings):
        raise InputError(f"data.sources: the name {min(taken)} is taken by a recording; choose another")
    return {source.name: (source, FORMATS[source.format].units(data / source.path)) for source in found}


def check_before(config: Config, data: Path, work: Path, sources: Sources, wanted: list[Task]) -> None:
    """Raises InputError if the recordings of the shards to make have faults, or the disk has no room for them."""
    folder = cache_folder(config, work)
    claim_cache(folder, config)
    check_voices(config.data.voices + config.data.scored_voices)
    if sources:
        ensure_tokenizer(config, data, work)
    lengths = checked_lengths(wanted, sources, data, work)
    rounds = _rounds_that_fit(config, sources, wanted, lengths, free_bytes(folder))
    what = f"making {len(wanted)} shards ({config.data.rounds} rounds)"
    require_space(folder, needed_bytes(wanted, config, lengths), what, f", or set [data] rounds = {rounds}")


def _rounds_that_fit(config: Config, sources: Sources, wanted: list[Task], lengths: Lengths, free: int) -> int:
    """The most rounds whose missing shards the disk has room for."""
    each = set(wanted)
    used, fits = 0.0, 0
    for n in range(config.data.rounds):
        of_round = [task for task in tasks(config, sources) if task in each and round_of(task, config) == n]
        used += needed_bytes(of_round, config, lengths)
        if used > free:
            break
        fits = n + 1
    return fits


def prepare(config: Config, data: Path, work: Path, device: str = "cpu", first: bool = False) -> None:
    """Makes every shard that does not exist yet, or with `first` those that training waits for."""
    sources = open_sources(config, data)
    wanted = missing(tasks(config, sources), config, work)
    if not wanted:
        return
    check_before(config, data, work, sources, wanted)
    if first:
        wanted = missing(first_tasks(config, sources), config, work)
    processes = min(config.processes, len(wanted))
    if processes > 1:
        run_processes("prepare", processes, _make_all, config, data, work, sources, device, wanted)
    elif processes == 1:
        _make_all(config, data, work, sources, device, wanted)


def _make_all(config: Config, data: Path, work: Path, sources: Sources, device: str, wanted: list[Task]) -> None:
    """Makes all shards that no other process makes."""
    torch.set_num_threads(1)
    preparer = Preparer(config, data, work, sources, open_device(device))
    for task in wanted:
        try:
            made = preparer.run(task)
        except ShardTakenError:
            continue
        left = len(missing(wanted, config, work))
        print(f"{made} ({len(wanted) - left} of {len(wanted)})", flush=True)


@contextmanager
def prepare_meanwhile(config: Config, data: Path, work: Path) -> Iterator[None]:
    """Makes the shards that are missing in one process beside what runs inside, and stops when that ends. What it says
    goes to prepare.log; if it fails, what runs inside goes on with the shards that are there.
    """
    if not missing(tasks(config, open_sources(config, data)), config, work):
        yield
        return
    process = multiprocessing.get_context("spawn").Process(target=_prepare_quietly, args=(config, data, work))
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


def _prepare_quietly(config: Config, data: Path, work: Path) -> None:
    end_with_parent()
    torch.set_num_threads(1)
    with open(work / LOG, "a", buffering=1) as log, redirect_stdout(log):
        try:
            sources = open_sources(config, data)
            _make_all(config, data, work, sources, "cpu", missing(tasks(config, sources), config, work))
        except InputError as error:
            print(f"prepare stops: {error}", flush=True)
