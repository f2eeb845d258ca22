"""The trainable part of the product: adapter and decoder, with the CTC vectors that training alone needs."""

import torch
from torch import Tensor, nn

from .adapter import Adapter
from .config import Config
from .decoder import Attention, Decoder

EMBEDDING_SCALE = (
    0.2  # an embedding's product with itself is then 15 and with another about 0.8: CTC logits of a useful size
)
HEAD_SHARE = (
    0.05  # of the embedding in the output matrix at the start; copying what was attended to is then half learnt
)

PREVIOUS_LAYER = 1  # whose guided heads learn to look from a row that speaks a token to the row of the token before
GUIDED_LAYERS = (2, 3)  # of the decoder, whose guided heads learn to look where the next token is heard
GUIDED_HEADS = (0, 3)  # one of each key-value group, so that together they carry two groups' values


class OsumNano(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        self.adapter, self.decoder = Adapter(config.adapter), Decoder(config.decoder)
        self.blank = nn.Parameter(torch.randn(config.decoder.width) * EMBEDDING_SCALE)
        embeddings = self.decoder.model.embed_tokens.weight
        depth = (2 * config.decoder.layers) ** -0.5
        with torch.no_grad():
            embeddings.normal_(0.0, EMBEDDING_SCALE)
            for layer in self.decoder.model.layers:
                for linear in (layer.self_attn.o_proj, layer.mlp.down_proj):
                    linear.weight.mul_(depth)
            self.decoder.lm_head.weight.normal_(0.0, 0.02).add_(HEAD_SHARE * embeddings)
            for number in (PREVIOUS_LAYER, *GUIDED_LAYERS):
                self._copying_heads_(self.decoder.model.layers[number].self_attn)
            self.adapter.speech_token_emded.weight.normal_(0.0, EMBEDDING_SCALE)

    @staticmethod
    def _copying_heads_(attention: Attention) -> None:
        """Makes the guided heads write what they read: their output matrix undoes an orthonormal value matrix."""
        dim, group = attention.head_dim, attention.heads // attention.kv_heads
        for head in GUIDED_HEADS:
            if head >= attention.heads:
                continue
            values = attention.v_proj.weight[head // group * dim :][:dim]
            nn.init.orthogonal_(values)
            attention.o_proj.weight[:, head * dim : (head + 1) * dim] = values.T

    def ctc_logits(self, rows: Tensor) -> Tensor:
        """Speech rows [batch, S, width] -> [batch, S, vocabulary + 1]; the last class is blank.

        The classes are the decoder's input embeddings, so that a row which CTC reads as a token is a row that the
        decoder can read.
        """
        classes = torch.cat([self.decoder.model.embed_tokens.weight, self.blank[None]])
        return rows @ classes.to(rows.dtype).T
