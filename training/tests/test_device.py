"""The device flag, and that nothing assumes the CPU."""

import random
import sys
from types import ModuleType, SimpleNamespace

import pytest
import torch
from conftest import SmokeRun
from osum_training.config_file import load_config
from osum_training.device import open_device
from osum_training.errors import InputError
from osum_training.losses import decoder_losses, label_loss
from osum_training.model import OsumNano
from osum_training.parts import Parts
from osum_training.sequences import Sequence
from osum_training.smoke import SETTINGS
from osum_training.stages import joint_stage, stage1, stage2
from torch._subclasses.fake_tensor import FakeTensorMode


@pytest.fixture(scope="module")
def parts(smoke_run: SmokeRun, tmp_path_factory: pytest.TempPathFactory) -> Parts:
    return smoke_run.copied_parts(tmp_path_factory.mktemp("device"), evaluate_prompts=2)


@pytest.mark.parametrize("make", [stage1, stage2, joint_stage])
def test_every_tensor_of_a_step_is_made_where_it_is_used(parts: Parts, make):
    """Tensors without a named device land on `meta` here, and cannot be mixed with others."""
    stage = make(parts)
    torch.manual_seed(1)
    with torch.device("meta"):
        batch = next(stage.batches(random.Random(1)))
        outcome = stage.step(batch)
    assert outcome.loss.device == torch.device("cpu")
    outcome.loss.backward()
    assert all(parameter.grad is None or parameter.grad.device.type == "cpu" for parameter in parts.model.parameters())


def test_evaluation_makes_its_tensors_where_they_are_used(parts: Parts):
    evaluate = joint_stage(parts).evaluate
    assert evaluate is not None
    with torch.device("meta"):
        figures = evaluate()
    assert {"asr synthetic sentences", "gender synthetic sentences"} & set(figures)
    assert all(value >= 0 for value in figures.values())


def move(model: OsumNano, mode: FakeTensorMode, device: str) -> None:
    """Replaces parameters and buffers by fake ones on a device that this machine need not have."""
    for module in model.modules():
        for name, parameter in list(module._parameters.items()):
            if parameter is not None:
                module._parameters[name] = torch.nn.Parameter(mode.from_tensor(parameter).to(device), False)
        for name, buffer in list(module._buffers.items()):
            if buffer is not None:
                module._buffers[name] = mode.from_tensor(buffer).to(device)


def test_networks_and_losses_meet_nothing_of_the_host_on_another_device():
    """Fake CUDA tensors refuse to meet those of the host, as the real ones do."""
    config = load_config(SETTINGS)
    sequences = [Sequence([1, 5], 5, [1, 8], [9, 10, 2], [None, (1, 2), None])]
    model = OsumNano(config)
    with torch.no_grad(), FakeTensorMode() as mode:
        move(model, mode, "cuda")
        with pytest.raises(RuntimeError, match=r"found at least two devices|[Uu]nhandled FakeTensor Device"):
            model.adapter.speech_llama_proj(torch.zeros(1, config.adapter.width))
        lengths = torch.tensor([20])
        rows, counts = model.hear(torch.zeros(1, 20, config.encoder.width, device="cuda"), lengths)
        losses = [label_loss(model.label_logits(rows, counts), [{"age": "ADULT"}]), model.ctc_logits(rows)]
        losses += decoder_losses(model, sequences, rows, guided=True)
        assert {loss.device.type for loss in losses} == {"cuda"}
        assert (counts.device.type, rows.shape) == ("cpu", (1, 5, config.decoder.width))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gpu", "--device gpu: expected one of cpu, cuda, npu, or a numbered one such as npu:1"),
        ("cuda", r"--device cuda: PyTorch .* finds no cuda device on this machine; .* use --device cpu"),
        ("npu", "--device npu: the Python package torch_npu is missing; install the one for PyTorch"),
    ],
)
def test_a_device_that_is_not_there_is_told_in_one_sentence(name: str, message: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match=message) as error:
        open_device(name)
    assert "\n" not in str(error.value)


def test_a_numbered_device_must_exist(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert open_device("cuda:1") == torch.device("cuda", 1)
    assert open_device("cuda") == torch.device("cuda", 0)
    with pytest.raises(InputError, match=r"--device cuda:2: .* finds 2 cuda devices"):
        open_device("cuda:2")


def test_the_npu_package_is_loaded_when_asked_for_and_not_before(monkeypatch: pytest.MonkeyPatch):
    open_device("cpu")
    assert "torch_npu" not in sys.modules
    monkeypatch.setitem(sys.modules, "torch_npu", ModuleType("torch_npu"))
    monkeypatch.setattr(torch, "npu", SimpleNamespace(is_available=lambda: True, device_count=lambda: 1), raising=False)
    monkeypatch.setattr(torch, "device", lambda kind, number: (kind, number))
    opened: object = open_device("npu")
    assert opened == ("npu", 0)
