"""The product's three networks, with the CTC blank and the heads for letters, labels and what is to be answered, which
are of training alone.
"""

import torch
from torch import Tensor, nn

from .adapter import Adapted, Adapter
from .chat_rubric import read_intents
from .config import Config
from .decoder import Attention, Decoder
from .encoder import BranchDropout, WhisperEncoder, inside
from .grammar import LABELS
from .text import LETTERS

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
        self.spoken = config.decoder.spoken
        self.encoder, self.frozen = WhisperEncoder(config.encoder), config.encoder.frozen
        self.blank = nn.Parameter(torch.randn(config.decoder.width) * EMBEDDING_SCALE)
        embeddings = self.decoder.model.embed_tokens.weight
        depth = (2 * config.decoder.layers) ** -0.5
        with torch.no_grad():
            embeddings.normal_(0.0, EMBEDDING_SCALE)
            for layer in map(self.decoder.model.layer, range(config.decoder.layers)):
                for linear in (layer.self_attn.o_proj, layer.mlp.down_proj):
                    linear.weight.mul_(depth)
            self.decoder.lm_head.weight.normal_(0.0, 0.02).add_(HEAD_SHARE * embeddings)
            for number in (PREVIOUS_LAYER, *GUIDED_LAYERS):
                self._copying_heads_(self.decoder.model.layer(number).self_attn)
            self.adapter.speech_token_emded.weight.normal_(0.0, EMBEDDING_SCALE)
        self.letters = nn.Linear(config.adapter.width, len(LETTERS) + 1)  # by CTC; the last class is blank
        self.labels = nn.Linear(config.decoder.width, sum(map(len, LABELS.values())))
        self.chat_intents = nn.Linear(config.decoder.width, len(read_intents()))

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

    def set_dropout(self, adapter: float, decoder: float) -> None:
        """How much of what their blocks add the two networks drop while they are trained."""
        for network, share in ((self.adapter, adapter), (self.decoder, decoder)):
            for module in network.modules():
                if isinstance(module, BranchDropout):
                    module.share = share

    def hear(self, hidden: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Hidden states of the encoder's frozen layers [batch, E, encoder width] and [batch] -> speech rows [batch, S,
        decoder width] and the new lengths, S = ceil(ceil(E/2)/2).
        """
        heard = self.hear_closely(hidden, lengths)
        return heard.rows, heard.lengths

    def hear_closely(self, hidden: Tensor, lengths: Tensor) -> Adapted:
        """The same, with what the letters are read from."""
        return self.adapter(self.encoder.upper(hidden, lengths, self.frozen), lengths)

    def ctc_classes(self) -> Tensor:
        """What CTC tells rows apart by [spoken ids + 1, width]: the decoder's input embeddings and the blank vector, so
        that a row which CTC reads as a token is a row that the decoder can read.
        """
        return torch.cat([self.decoder.model.embed_tokens.weight[: self.spoken], self.blank[None]])

    def ctc_logits(self, rows: Tensor) -> Tensor:
        """Speech rows [batch, S, width] -> [batch, S, spoken ids + 1]; the last class is blank."""
        return rows @ self.ctc_classes().to(rows.dtype).T

    def label_logits(self, rows: Tensor, lengths: Tensor) -> dict[str, Tensor]:
        """Speech rows [batch, S, width] -> for each label task [batch, labels], read linearly from the rows' mean."""
        spoken = inside(lengths, rows.shape[1]).to(rows.device)[..., None]
        mean = (rows.float() * spoken).sum(1) / lengths[:, None].to(rows.device)
        parts = self.labels(mean).float().split([len(values) for values in LABELS.values()], dim=1)
        return dict(zip(LABELS, parts, strict=True))
