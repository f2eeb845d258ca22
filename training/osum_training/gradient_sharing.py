"""Data parallelism for processes of one machine, through shared memory: the mean of their gradients, and the parts of
a step that each of them computes for all.
"""

import torch
from torch import Tensor, nn


class Sharing:
    """Made before the processes fork, for `count` numbers of trained parameters. Two threads inside one process lose
    most of their time in barriers; two processes do not.
    """

    def __init__(self, count: int, processes: int, context):
        self.processes = processes
        size = count if processes > 1 else 0
        self.gradients = torch.zeros(processes, size).share_memory_()
        self.updated = torch.zeros(size).share_memory_()
        self.hours = torch.zeros(processes, dtype=torch.float64).share_memory_()
        self.barrier = context.Barrier(processes)

    @torch.no_grad()
    def average(self, rank: int, parameters: list[nn.Parameter], hours: float) -> float:
        """Sets the gradients of the parameters to their mean over the processes; one that a process has not counts as
        zeros. Returns the hours of audio that all have passed together. Raises BrokenBarrierError once `give_up` was
        called.
        """
        self.hours[rank] = hours
        if self.processes == 1:
            return float(self.hours.sum())
        sizes = [p.numel() for p in parameters]
        for p, own in zip(parameters, self.gradients[rank].split(sizes), strict=True):
            if p.grad is None:
                own.zero_()
            else:
                own.copy_(p.grad.reshape(-1))
        self.barrier.wait()
        mean, total = self.gradients.mean(0), float(self.hours.sum())
        for p, part in zip(parameters, mean.split(sizes), strict=True):
            p.grad = part.view_as(p)
        return total

    @torch.no_grad()
    def exchange(self, own: list[nn.Parameter], others: list[nn.Parameter], parameters: list[nn.Parameter]) -> None:
        """Gives the values of this process's `own` parameters to all, and takes those of the `others`; each is one of
        `parameters`, which are the same in every process.
        """
        if self.processes == 1:
            return
        parts = self.updated.split([p.numel() for p in parameters])
        place: dict[Tensor, Tensor] = dict(zip(parameters, parts, strict=True))
        for p in own:
            place[p].copy_(p.reshape(-1))
        self.barrier.wait()
        for p in others:
            p.copy_(place[p].view_as(p))

    def give_up(self) -> None:
        """Lets nobody wait any longer: one of the processes is gone."""
        self.barrier.abort()
