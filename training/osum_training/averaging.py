"""Local SGD: processes train on their own batches and now and then set their parameters to the mean, through shared
memory.
"""

import torch
from torch import Tensor


class Averager:
    """Made before the processes fork. Two threads inside one process lose most of their time in barriers; two processes
    do not.
    """

    def __init__(self, count: int, processes: int, context):
        self.processes = processes
        self.slots = torch.zeros(processes, count if processes > 1 else 0).share_memory_()
        self.hours = torch.zeros(processes, dtype=torch.float64).share_memory_()
        self.barrier = context.Barrier(processes)

    @torch.no_grad()
    def average(self, rank: int, parameters: list[Tensor], hours: float) -> float:
        """Sets the parameters to the mean over processes; returns the hours of audio that all have passed together.
        Raises BrokenBarrierError once `give_up` was called.
        """
        self.hours[rank] = hours
        if self.processes > 1:
            torch.cat([p.reshape(-1) for p in parameters], out=self.slots[rank])
            self.barrier.wait()
            mean = self.slots.mean(0)
            total = float(self.hours.sum())
            self.barrier.wait()
            for p, part in zip(parameters, mean.split([p.numel() for p in parameters]), strict=True):
                p.copy_(part.view_as(p))
            return total
        return float(self.hours.sum())

    def give_up(self) -> None:
        """Lets nobody wait any longer: one of the processes is gone."""
        self.barrier.abort()
