from pathlib import Path

import pytest
import torch
from osum_training.checkpoint import load_weights, read_checkpoint, write_checkpoint
from osum_training.config import Config, DecoderConfig
from osum_training.errors import InputError
from osum_training.fingerprint import Fingerprint, check_cache, claim_cache, model_fingerprint
from torch import nn

WANTED: Fingerprint = {"decoder.layers": 6, "encoder.width": 512}


def saved(path: Path, **content) -> Path:
    model = nn.Linear(1, 1)
    write_checkpoint(path, {"smooth": model.state_dict(), "steps": 3, "hours": 1.5} | content)
    return path


def test_weights_come_back(tmp_path: Path):
    model = nn.Linear(1, 1)
    path = saved(tmp_path / "a.pt", configuration=WANTED | {"lora": False})
    assert load_weights(model, path, WANTED) == {"steps": 3, "hours": 1.5}
    assert torch.equal(model.weight, read_checkpoint(path)["smooth"]["weight"])
    assert [p.name for p in tmp_path.iterdir()] == ["a.pt"]


def test_another_configuration_is_refused_by_what_differs(tmp_path: Path):
    path = saved(tmp_path / "stage1.pt", configuration=WANTED | {"decoder.layers": 4})
    with pytest.raises(
        InputError, match=r"stage1.pt was made with another configuration \(decoder.layers = 4, not 6\)"
    ):
        read_checkpoint(path, WANTED)


def test_a_checkpoint_from_before_is_taken_with_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture):
    assert read_checkpoint(saved(tmp_path / "old.pt"), WANTED)["steps"] == 3
    assert "old.pt does not say which configuration made it" in capsys.readouterr().err


def test_missing_and_damaged_checkpoints_are_told(tmp_path: Path):
    with pytest.raises(InputError, match=r"stage2.pt is missing; run stage2 first"):
        read_checkpoint(tmp_path / "stage2.pt")
    path = saved(tmp_path / "a.pt")
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(InputError, match=r"a.pt is damaged .*; delete it, a makes it again") as error:
        read_checkpoint(path)
    assert "\n" not in str(error.value)


def test_a_fingerprint_follows_dimensions_and_tokenizer_but_not_how_long_is_trained(tmp_path: Path):
    (tmp_path / "tokenizer.model").write_bytes(b"pieces")
    first = model_fingerprint(Config(), tmp_path / "tokenizer.model")
    assert first == model_fingerprint(Config(processes=7, seed=1), tmp_path / "tokenizer.model")
    assert first != model_fingerprint(Config(decoder=DecoderConfig(layers=5)), tmp_path / "tokenizer.model")
    (tmp_path / "tokenizer.model").write_bytes(b"others")
    assert first != model_fingerprint(Config(), tmp_path / "tokenizer.model")


def test_a_cache_belongs_to_the_encoder_that_made_it(tmp_path: Path):
    from dataclasses import replace

    config = Config()
    check_cache(tmp_path, replace(config, encoder=replace(config.encoder, weights="random")))
    claim_cache(tmp_path / "new", config)
    check_cache(tmp_path / "new", replace(config, seed=5))
    other = replace(config, encoder=replace(config.encoder, weights="random"))
    for look in (check_cache, claim_cache):
        with pytest.raises(InputError, match=r"encoder\.weights = whisper-base, not random"):
            look(tmp_path / "new", other)
