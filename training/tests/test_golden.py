"""The modules agree with the published ones on synthetic weights (reference Appendix B)."""

import numpy as np
import torch
from golden import fill, golden, synthetic, tensor
from osum_training.adapter import Adapter
from osum_training.config import AdapterConfig, DecoderConfig, EncoderConfig
from osum_training.decode import greedy
from osum_training.decoder import Decoder
from osum_training.encoder import WhisperEncoder
from osum_training.lora import merged_lora
from osum_training.model import OsumNano
from osum_training.sequences import Sequence


def close(actual: torch.Tensor, expected: torch.Tensor, tolerance: float = 2e-5) -> None:
    torch.testing.assert_close(actual, expected, rtol=tolerance, atol=tolerance)


def features(frames: int) -> torch.Tensor:
    t, c = np.arange(frames)[:, None], np.arange(80)
    return torch.from_numpy((0.8 * np.sin(0.31 * t + 0.17 * c) - 0.2).astype(np.float32))


def front_end() -> tuple[WhisperEncoder, Adapter]:
    encoder = WhisperEncoder(EncoderConfig(layers=2, width=64, heads=4, ffn=128))
    adapter = Adapter(AdapterConfig(in_width=64, layers=2, width=64, heads=4, ffn=96, out_width=48))
    return fill(encoder, "encoder."), fill(adapter)


@torch.no_grad()
def test_encoder_and_adapter_match_the_published_modules():
    expected = golden("encoder_adapter")
    encoder, adapter = front_end()
    encoded, lengths = encoder(features(37)[None], torch.tensor([37]))
    close(encoded[0], tensor(expected["encoder_out"]))
    assert lengths.tolist() == [19]
    down, halved = adapter.down_sample_2(encoded)
    assert halved.shape == (1, 10, down.shape[2])
    close(down[0], tensor(expected["downsampled"]))
    close(adapter.speech_transformer(down, torch.tensor([5]))[0], tensor(expected["speech_transformer_out"]))
    adapted = adapter(encoded, lengths)
    close(adapted.rows[0], tensor(expected["projected"]))
    assert adapted.lengths.tolist() == [5] and adapted.half_lengths.tolist() == [10]


@torch.no_grad()
def test_a_padded_clip_gives_what_it_gives_alone():
    expected = golden("encoder_adapter")["batch2"]
    encoder, adapter = front_end()
    batch = torch.zeros(2, 37, 80)
    batch[0], batch[1, :21] = features(37), features(21)
    encoded, lengths = encoder(batch, torch.tensor([37, 21]))
    adapted = adapter(encoded, lengths)
    alone = tensor(expected["single21_projected"])
    close(adapted.rows[1, : adapted.lengths[1]], alone.view(-1, 48))


def small_decoder(rope_bf16: bool) -> Decoder:
    config = DecoderConfig(
        layers=2, width=64, heads=4, kv_heads=2, head_dim=16, ffn=80, vocab=97, rope_bf16=rope_bf16, max_positions=64
    )
    return fill(Decoder(config))


def last_logits(decoder: Decoder, ids: list[int]) -> torch.Tensor:
    states, _ = decoder(decoder.embed(torch.tensor([ids])))
    return decoder.lm_head(states[0, -1])


@torch.no_grad()
def test_decoder_matches_with_and_without_lora():
    expected = golden("decoder")
    close(last_logits(small_decoder(False), expected["ids"]), torch.tensor(expected["logits_last_base"]), 1e-4)
    for rope_bf16, key in ((False, "logits_last_lora_merged"), (True, "logits_last_lora_merged_bf16_inv_freq")):
        decoder = small_decoder(rope_bf16)
        merged_lora(decoder, lambda name, shape: synthetic(name, shape), rank=4, alpha=2)
        close(last_logits(decoder, expected["ids"]), torch.tensor(expected[key]), 1e-4)


def test_greedy_decoding_matches():
    expected = golden("decoder")
    decoder = small_decoder(False)
    merged_lora(decoder, lambda name, shape: synthetic(name, shape), rank=4, alpha=2)

    class TextOnly(OsumNano):
        def __init__(self):
            torch.nn.Module.__init__(self)  # no other part is needed
            self.decoder = decoder

    generated = greedy(TextOnly(), [Sequence(expected["ids"]), Sequence(expected["ids"][:4])], None, 10)
    assert generated[0] == expected["greedy10_lora_penalty_1.05"]
