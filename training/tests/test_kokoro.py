import io
import json
import random
import subprocess
import tarfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from osum_training.errors import InputError
from osum_training.kokoro import draw_speaker, read_styles
from osum_training.onnx_float import without_quantisation
from osum_training.phoneme_times import word_times

WIDTH, STEPS, HIDDEN = 6, 9, 4


def network(path: Path, recurrent: bool) -> Path:
    """A convolution with a bias, a product, and after them an LSTM if wanted, over [1, STEPS, WIDTH]."""
    random_array = np.random.default_rng(5).standard_normal

    def constant(name: str, *shape: int) -> onnx.TensorProto:
        return numpy_helper.from_array(random_array(shape, np.float32), name)

    constants = [constant("kernel", WIDTH, WIDTH, 3), constant("bias", WIDTH), constant("matrix", WIDTH, WIDTH)]
    nodes = [
        helper.make_node("Transpose", ["shown"], ["channels"], perm=[0, 2, 1]),
        helper.make_node("Conv", ["channels", "kernel", "bias"], ["convolved"], pads=[1, 1]),
        helper.make_node("Transpose", ["convolved"], ["steps"], perm=[2, 0, 1]),
        helper.make_node("MatMul", ["steps", "matrix"], ["mixed" if recurrent else "out"]),
    ]
    if recurrent:
        constants += [constant("over", 1, 4 * HIDDEN, WIDTH), constant("back", 1, 4 * HIDDEN, HIDDEN)]
        nodes.append(helper.make_node("LSTM", ["mixed", "over", "back"], ["out"], hidden_size=HIDDEN))
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("shown", TensorProto.FLOAT, [1, STEPS, WIDTH])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)],
        constants,
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path


def output(model: bytes) -> np.ndarray:
    shown = np.random.default_rng(6).standard_normal((1, STEPS, WIDTH), np.float32)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, {"shown": shown})[0]


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("recurrent", [False, True])
def test_a_graph_without_quantisation_computes_what_the_quantised_one_did(
    tmp_path: Path, per_channel: bool, recurrent: bool
):
    quantised = tmp_path / "quantised.onnx"
    kinds = ["Conv", "MatMul", "LSTM"]
    quantize_dynamic(
        network(tmp_path / "float.onnx", recurrent),
        quantised,
        kinds,
        per_channel=per_channel,
        weight_type=QuantType.QInt8,
    )
    model = onnx.load(quantised)
    assert {"ConvInteger", "MatMulInteger"} <= {node.op_type for node in model.graph.node}
    changed = without_quantisation(model)
    assert {node.op_type for node in changed.graph.node} <= {"Transpose", "Conv", "MatMul", "LSTM", "Add", "Reshape"}
    expected, got = output(quantised.read_bytes()), output(changed.SerializeToString())
    assert np.abs(got - expected).max() < 0.06 * np.abs(expected).max()


def test_words_take_the_time_of_their_phonemes():
    vocabulary = {" ": 1, "a": 2, "b": 3, "ˈ": 4}
    frames = np.array([2, 1, 1, 2, 3, 1, 2])  # pad, ˈ a, space, b, a, pad; the ? has no id
    assert word_times(vocabulary, "ˈa ?ba", frames, 10.0, 1.2) == [(10.2, 10.4), (10.6, 11.0)]


def test_what_npm_says_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    def refused(command: list[str], **_) -> subprocess.CompletedProcess:
        return subprocess.CompletedProcess(command, 1, "", "npm error code ENOTFOUND\nnpm error no network\n")

    monkeypatch.setattr("subprocess.run", refused)
    with pytest.raises(InputError, match=r"npm could not fetch kokoro-js@1\.2\.1 for kokoro: npm error no network"):
        read_styles(tmp_path)
    assert not list(tmp_path.iterdir())


def packed(command: list[str], cwd: Path, **_) -> subprocess.CompletedProcess:
    """What `npm pack` does: a tar with a voice and a file that is none."""
    with tarfile.open(cwd / "styles.tgz", "w:gz") as archive:
        for name, content in (("af_one.bin", np.arange(512, dtype=np.float32).tobytes()), ("kokoro.js", b"")):
            member = tarfile.TarInfo(f"package/voices/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return subprocess.CompletedProcess(command, 0, json.dumps([{"filename": "styles.tgz"}]), "")


def test_styles_are_fetched_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr("subprocess.run", packed)
    fetched = read_styles(tmp_path)
    monkeypatch.setattr("subprocess.run", None)
    kept = read_styles(tmp_path)
    assert list(fetched) == list(kept) == ["af_one"]
    assert kept["af_one"].tolist() == np.arange(512.0).reshape(2, 256).tolist()


def test_speakers_lie_at_voices_and_between_those_of_one_sex():
    names = ("af_a", "af_b", "bm_c", "bm_d", "jf_e")
    styles = {name: np.full((5 + n, 256), 10.0**n) for n, name in enumerate(names)}
    heights = {"f": (1.0, 10.0), "m": (100.0, 1000.0)}
    rng = random.Random(4)
    drawn = [draw_speaker(styles, rng) for _ in range(300)]
    at = [float(speaker.styles[0, 0]) for speaker in drawn]
    accented = [height == 10_000.0 for height in at]
    assert 0.08 < sum(accented) / len(at) < 0.25
    for speaker, height in zip(drawn, at, strict=True):
        low, high = heights["f" if speaker.female else "m"]
        assert low <= height <= high or (speaker.female and height == 10_000.0)
    assert {1.0, 10.0, 100.0, 1000.0} < set(at)
    assert len(set(at)) > 100
