import torch
from osum_training.config import AdapterConfig, Config, DecoderConfig
from osum_training.decode import ctc_greedy, greedy, penalise
from osum_training.model import OsumNano
from osum_training.quantize import dequantize_rows, quantize_rows
from osum_training.sequences import Sequence

SMALL = Config(
    adapter=AdapterConfig(in_width=16, layers=1, width=16, heads=2, ffn=32, out_width=32),
    decoder=DecoderConfig(layers=4, width=32, heads=4, kv_heads=2, head_dim=8, ffn=48, vocab=50, max_positions=128),
)


def test_the_penalty_is_the_published_one():
    scores = penalise(torch.tensor([[2.0, 1.95, -1.0]]), torch.tensor([[True, False, True]]))
    torch.testing.assert_close(scores, torch.tensor([[2.0 / 1.05, 1.95, -1.05]]))


def test_a_batch_decodes_to_what_each_prompt_decodes_to_alone():
    torch.manual_seed(3)
    model = OsumNano(SMALL).eval()
    speech = torch.randn(2, 6, 32)
    prompts = [Sequence([1, 5, 7], 6, [1, 8]), Sequence([1, 5], 3, [1, 8])]
    together = greedy(model, prompts, speech, 12)
    assert together == [greedy(model, [prompts[n]], speech[n : n + 1], 12)[0] for n in range(2)]


def test_ctc_merges_repeats_and_drops_blanks():
    logits = torch.nn.functional.one_hot(torch.tensor([[2, 0, 0, 2, 0, 1]]), 3).float()
    assert ctc_greedy(logits, torch.tensor([6])) == [[0, 0, 1]]


def test_quantised_rows_are_within_half_a_step():
    weight = torch.randn(20, 30)
    restored = dequantize_rows(*quantize_rows(weight))
    step = weight.abs().amax(1, keepdim=True) / 127
    assert bool(((restored - weight).abs() <= 0.5 * step + 0.01 * weight.abs().amax()).all())
