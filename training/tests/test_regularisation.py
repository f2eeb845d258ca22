"""What keeps the networks from learning the recordings by heart: dropped channels, and slips in what was written."""

import random

import pytest
import torch
from osum_training.config import AdapterConfig, Config, DecoderConfig
from osum_training.decoder_slips import OWN_SLIPS, RANDOM_SLIPS, Slips
from osum_training.encoder import BranchDropout
from osum_training.model import OsumNano
from osum_training.sequences import Sequence, lay_out

PIECES = list(range(10, 60))


@pytest.fixture(scope="module")
def model() -> OsumNano:
    torch.manual_seed(5)
    adapter = AdapterConfig(layers=1, out_width=32)
    decoder = DecoderConfig(layers=4, width=32, heads=2, kv_heads=2, head_dim=16, ffn=32, vocab=128, spoken=64)
    return OsumNano(Config(adapter=adapter, decoder=decoder))


def test_a_block_drops_the_same_channels_at_all_positions_of_a_clip_and_keeps_the_mean():
    torch.manual_seed(6)
    dropout = BranchDropout()
    dropout.share = 0.25
    kept = dropout(torch.ones(40, 7, 512))
    assert (kept == kept[:, :1]).all()
    assert 0.23 < float((kept[:, 0] == 0).float().mean()) < 0.27
    assert 0.98 < float(kept.mean()) < 1.02
    assert not torch.equal(kept[0], kept[1])


def test_nothing_is_dropped_outside_of_training_or_without_a_share():
    dropout, x = BranchDropout(), torch.ones(2, 3, 8)
    assert dropout(x) is x
    dropout.share = 0.5
    assert dropout.eval()(x) is x


def test_a_phase_sets_the_dropout_of_adapter_and_decoder_but_not_of_the_encoder(model: OsumNano):
    model.set_dropout(0.2, 0.1)
    shares = {
        network: {m.share for m in getattr(model, network).modules() if isinstance(m, BranchDropout)}
        for network in ("encoder", "adapter", "decoder")
    }
    assert shares == {"encoder": {0.0}, "adapter": {0.2}, "decoder": {0.1}}


def test_slips_change_what_was_written_and_never_the_target_or_its_tags():
    target = [3, *PIECES * 40, 4]
    before = list(target)
    written = Slips(PIECES).at_random(target, random.Random(7))
    assert target == before
    assert (written[0], written[-1]) == (3, 4)
    changed = sum(a != b for a, b in zip(written, target, strict=True)) / len(target)
    assert 0.8 * RANDOM_SLIPS < changed < 1.1 * RANDOM_SLIPS


def test_the_decoder_reads_what_it_is_told_that_it_wrote(model: OsumNano):
    told = Sequence([1], target=[10, 11, 12], written=[10, 40, 12])
    rows = lay_out(model, [told], None)
    assert torch.equal(rows[0], model.decoder.embed(torch.tensor([1, 10, 40])))


def test_the_decoder_is_told_of_its_own_mistakes_and_tags_stay(model: OsumNano):
    torch.manual_seed(8)
    targets = [[3, *range(10, 60), 4], [3, *range(59, 20, -1), 4]]
    told = [Sequence([1], rows=2, after=[2], target=list(target)) for target in targets]
    with torch.no_grad():
        model.decoder.lm_head.weight[61:] = 0.0
        model.decoder.lm_head.weight[:10] = 0.0
    Slips(PIECES).its_own(model, told, torch.randn(2, 2, 32))
    for sequence, target in zip(told, targets, strict=True):
        assert sequence.target == target
        assert (sequence.written[0], sequence.written[-1]) == (3, 4)
        assert set(sequence.written[1:-1]) <= set(PIECES)
        changed = sum(a != b for a, b in zip(sequence.written, target, strict=True)) / len(target)
        assert 0.6 * OWN_SLIPS < changed < 1.3 * OWN_SLIPS
