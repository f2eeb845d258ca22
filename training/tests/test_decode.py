import torch
from osum_training.config import AdapterConfig, Config, DecoderConfig
from osum_training.decode import LONGEST_PATTERN, ctc_greedy, greedy, penalise, repeats
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


def test_an_answer_that_repeats_itself_has_an_end():
    """The cases of services/decoder/src/schedule/repetition-detector.test.ts, with the package's own limit."""
    words = list(range(10, 10 + LONGEST_PATTERN))
    for answer, end in (
        ([7] * 40, 24),
        ([9, 8, *[1, 2, 3] * 20], 26),
        ([9, 8, *words[:10] * 9], 32),
        (words * 4, 3 * LONGEST_PATTERN),
        ([*words, 1] * 6, None),
        ([*words[:10] * 2, *words[:9], 1] * 3, 90),
        ([7] * 23, None),
    ):
        ends = [n for n in range(1, len(answer) + 1) if repeats(answer[:n])]
        assert (ends[0] if ends else None) == end


def test_decoding_stops_at_a_repetition():
    torch.manual_seed(3)
    model = OsumNano(SMALL).eval()
    with torch.no_grad():
        model.decoder.lm_head.weight.zero_()
    assert greedy(model, [Sequence([1, 5])], None, 100) == [[0] * 24]


def test_ctc_merges_repeats_and_drops_blanks():
    logits = torch.nn.functional.one_hot(torch.tensor([[2, 0, 0, 2, 0, 1]]), 3).float()
    assert ctc_greedy(logits, torch.tensor([6])) == [[0, 0, 1]]


def test_quantised_rows_are_within_half_a_step():
    weight = torch.randn(20, 30)
    restored = dequantize_rows(*quantize_rows(weight))
    step = weight.abs().amax(1, keepdim=True) / 127
    assert bool(((restored - weight).abs() <= 0.5 * step + 0.01 * weight.abs().amax()).all())
