"""The size of the adapter's residual stream: at the start, and of weights that began with another."""

import math

import torch
from osum_training.adapter import SpeechTransformer
from osum_training.config import AdapterConfig

CONFIG = AdapterConfig(in_width=64, layers=2, width=64, heads=2, ffn=96, out_width=32, max_positions=40)
LENGTHS = torch.tensor([30, 21])


def residual_size(transformer: SpeechTransformer, x: torch.Tensor) -> float:
    return float(transformer.embed(x).detach().std()) * math.sqrt(CONFIG.width)


def test_the_residual_stream_begins_at_the_size_of_what_the_blocks_add():
    torch.manual_seed(1)
    assert 0.7 < residual_size(SpeechTransformer(CONFIG), 3 * torch.randn(2, 30, 64)) < 1.3


def test_a_large_residual_stream_is_brought_down_without_a_change_of_the_rows():
    torch.manual_seed(2)
    x = torch.randn(2, 30, 64)
    transformer = SpeechTransformer(CONFIG)
    transformer.positions.zero_()  # whose share alone is to change
    with torch.no_grad():
        transformer.embed.norm.weight.normal_(1.0, 0.1)
        for name, parameter in transformer.named_parameters():
            if name.endswith("w_2.weight"):
                parameter.mul_(20)
    before = transformer(x, LENGTHS)
    assert residual_size(transformer, x) > 6
    transformer.balance_()
    assert 0.7 < residual_size(transformer, x) < 1.3
    torch.testing.assert_close(transformer(x, LENGTHS), before, rtol=1e-3, atol=1e-3)


def test_a_residual_stream_of_size_one_is_left_as_it_is():
    torch.manual_seed(3)
    transformer = SpeechTransformer(CONFIG)
    before = {name: tensor.clone() for name, tensor in transformer.state_dict().items()}
    transformer.balance_()
    assert all(torch.equal(tensor, before[name]) for name, tensor in transformer.state_dict().items())
