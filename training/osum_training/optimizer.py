"""Muon for the matrices inside adapter and decoder, AdamW for everything else, and a schedule over the hours of audio
passed.
"""

import torch
from torch import nn

from .config import PhaseConfig
from .device import working_type
from .muon import Muon, operations

ADAM_SHARE = 0.5
ENCODER_SHARE = 0.2  # of the learning rate, for weights that Whisper has trained already
LABEL_SHARE = 4.0  # for the label head, whose gradient is rare
_ADAM_ONLY = ("embed_tokens", "lm_head", "speech_token_emded", "blank", "letters.", "labels.", "chat_intents.", "lora_")
_FUSED = ("cpu", "cuda")  # devices whose AdamW is one kernel


def _is_adams(name: str) -> bool:
    # Whisper's weights come from AdamW, and Muon's step for them would cost as much as a third of a batch.
    return name.startswith("encoder.") or any(part in name for part in _ADAM_ONLY)


def _share(name: str) -> float:
    return ENCODER_SHARE if name.startswith("encoder.") else LABEL_SHARE if name.startswith("labels.") else 1.0


def _groups(parameters: dict[str, nn.Parameter]) -> list[dict]:
    """One group a share of the learning rate."""
    by_share: dict[float, list[nn.Parameter]] = {}
    for name, parameter in parameters.items():
        by_share.setdefault(_share(name), []).append(parameter)
    return [{"params": params, "share": share} for share, params in by_share.items()]


def _dealt(matrices: list[nn.Parameter], rank: int, processes: int) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """The matrices of the process `rank` and all others, dealt so that each process has as much work."""
    work = [0] * processes
    dealt: list[list[nn.Parameter]] = [[] for _ in work]
    for matrix in sorted(matrices, key=operations, reverse=True):
        least = work.index(min(work))
        work[least] += operations(matrix)
        dealt[least].append(matrix)
    return dealt[rank], [matrix for n, others in enumerate(dealt) if n != rank for matrix in others]


class Optimizer:
    """Two optimisers behind one face. Muon's step is scaled to the size of AdamW's, and Muon bears twice its learning
    rate.

    Processes that have the same gradients share Muon's work: a step changes the matrices that are this process's `own`
    and all of AdamW's parameters, and leaves the `others` to be taken from the processes that they belong to.
    """

    def __init__(self, parameters: dict[str, nn.Parameter], phase: PhaseConfig, rank: int = 0, processes: int = 1):
        matrices = {name: p for name, p in parameters.items() if phase.muon and p.ndim == 2 and not _is_adams(name)}
        others = {name: p for name, p in parameters.items() if name not in matrices}
        self.phase = phase
        fused = all(p.device.type in _FUSED for p in others.values())
        self.parts: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(_groups(others), phase.peak_lr, (0.9, 0.98), 1e-8, 0.0, fused=fused)
        ]
        self.own, self.others = _dealt(list(matrices.values()), rank, processes)
        if matrices:
            dtype = working_type(next(iter(matrices.values())).device)
            self.parts.append(Muon(_groups(matrices), phase.peak_lr, phase.weight_decay, 0.95, dtype, self.others))
        self.parameters = list(parameters.values())

    def learning_rate(self, step: int, hours: float) -> float:
        """By the phase's schedule: linear warm-up, constant, and a linear fall to `final_lr` of the peak over the last
        `decay_share` of the phase; or the reference's WarmupLR.
        """
        if self.phase.schedule == "warmup":
            s, warmup = step + 1, self.phase.warmup_steps
            return self.phase.peak_lr * warmup**0.5 * min(s**-0.5, s * warmup**-1.5)
        left = max(0.0, self.phase.hours - hours) / (self.phase.hours * self.phase.decay_share)
        return self.phase.peak_lr * min(1.0, (step + 1) / self.phase.warmup_steps, max(self.phase.final_lr, left))

    def step(self, step: int, hours: float) -> float:
        """Clips and applies the gradients; returns their norm before clipping."""
        norm = nn.utils.clip_grad_norm_(self.parameters, self.phase.clip)
        for part in self.parts:
            share = 1.0 if isinstance(part, Muon) or len(self.parts) == 1 else ADAM_SHARE
            for group in part.param_groups:
                group["lr"] = group["share"] * share * self.learning_rate(step, hours)
            part.step()
            part.zero_grad(set_to_none=True)
        return float(norm)

    def state_dict(self) -> list[dict]:
        return [part.state_dict() for part in self.parts]

    def load_state_dict(self, states: list[dict]) -> None:
        for part, state in zip(self.parts, states, strict=True):
            fused = [group.get("fused") for group in part.param_groups]
            part.load_state_dict(state)
            for group, own in zip(part.param_groups, fused, strict=True):
                if "fused" in group:
                    group["fused"] = own  # as this device has it, not the one that the checkpoint came from
