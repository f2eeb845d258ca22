from pathlib import Path

import pytest
from osum_training.config import Config, SourceConfig
from osum_training.config_file import load_config
from osum_training.errors import InputError


def written(folder: Path, text: str) -> Path:
    path = folder / "run.toml"
    path.write_text(text)
    return path


def test_without_a_file_the_defaults_stand_and_an_empty_file_changes_nothing(tmp_path: Path):
    assert load_config(None) == load_config(written(tmp_path, "")) == Config()


def test_values_replace_the_defaults_of_their_section(tmp_path: Path):
    text = """
    processes = 1
    [stage3]
    hours = 3
    lora = true
    [data]
    voices = ["tones"]
    [[data.sources]]
    name = "a"
    format = "shard"
    path = "a/shards_list.txt"
    weight = 1.5
    licence = "CC0-1.0"
    attribution = "nobody"
    """
    config = load_config(written(tmp_path, text))
    assert (config.processes, config.stage3.hours, config.stage3.lora) == (1, 3.0, True)
    assert isinstance(config.stage3.hours, float)
    assert config.stage3.peak_lr == Config().stage3.peak_lr
    assert config.data.voices == ("tones",)
    source = SourceConfig("CC0-1.0", "nobody", "a", "shard", "a/shards_list.txt", weight=1.5)
    assert config.data.sources == (source,)


SOURCE = '[[data.sources]]\nlicence = "a"\nattribution = "b"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("procesess = 1", r"run.toml: there is no setting procesess; did you mean processes\?"),
        ("[stage9]\nhours = 1", r"run.toml: there is no section stage9; did you mean stage"),
        ("[stage1]\npeek_lr = 1", r"run.toml \[stage1\]: there is no setting peek_lr; did you mean peak_lr\?"),
        ("[stage1]\nhours = '3'", r"run.toml \[stage1\]: hours: expected a number, got '3'"),
        ("[stage1]\nmuon = 1", r"run.toml \[stage1\]: muon: expected true or false, got 1"),
        ("processes = true", r"run.toml: processes: expected a whole number, got True"),
        ("processes = 1.5", r"run.toml: processes: expected a whole number, got 1.5"),
        ("stage1 = 3", r"run.toml: stage1: expected a section \[stage1\], got 3"),
        ("[stage1]\nschedule = 'cosine'", r"schedule: expected one of 'constant-linear', 'warmup', got 'cosine'"),
        ("[data]\nvoices = 'tones'", r"run.toml \[data\]: voices: expected a list, got 'tones'"),
        ("[data]\nsources = [1]", r"sources: expected tables, such as \[\[data.sources\]\], got 1"),
        ("[[data.sources]]\nname = 'a'", r"sources: licence, attribution is missing"),
        (SOURCE, "expected name, format and path, or dataset alone"),
        (SOURCE + "name = 'a'\nformat = 'zip'", "format: expected one of '', 'raw', 'shard', 'combine', got 'zip'"),
        ("[stage1]\nhours = 0", "run.toml: stage1.hours must be positive"),
        ("[encoder]\nwidth = 64", "adapter.in_width must equal encoder.width"),
        ("[decoder]\nlayers = 3", "decoder.layers and decoder.heads must be 4 at least"),
        ("[adapter]\nlayers = -1", "adapter.layers must be positive, got -1"),
        ("[encoder]\nfrozen = 7", "encoder.frozen must lie between 0 and encoder.layers"),
        ("[text]\nrunning = 0", "text.running must be 120 at least, which is a passage"),
        ("[text]\njoint_games = 100", "text.joint_games must be 120 at least"),
        ("hours = ", "run.toml is no TOML file"),
    ],
)
def test_a_wrong_file_is_told_in_one_sentence(tmp_path: Path, text: str, message: str):
    with pytest.raises(InputError, match=message) as error:
        load_config(written(tmp_path, text))
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"none.toml is missing; --config must name a TOML file"):
        load_config(tmp_path / "none.toml")
