from collections.abc import Iterator

import google_crc32c
import grpc
import numpy as np
import pytest
from conftest import Scripted
from osum.v1.stage_pb2 import STAGE_ENCODER, STAGE_FEATURES
from osum.v1.tensor_pb2 import DATA_TYPE_BF16, TensorChunk, TensorEnd, TensorFrame, TensorHeader, TensorInfo
from osum_client import MAX_CHUNK_BYTES, OsumError, StageClient, TensorReader, tensor_frames


@pytest.fixture
def stage(scripted: Scripted) -> Iterator[StageClient]:
    with StageClient(scripted.address) as stage:
        yield stage


def test_samples_go_out_and_an_array_comes_back(stage: StageClient) -> None:
    pcm = np.linspace(-1, 1, 300_000, dtype=np.float32)
    answer = stage.extract(pcm)
    np.testing.assert_array_equal(answer.tensor, pcm[:, np.newaxis])
    assert [report.stage for report in answer.stages] == [STAGE_FEATURES]


def test_an_array_of_several_chunks_comes_back_as_it_went(stage: StageClient) -> None:
    array = np.random.default_rng(1).standard_normal((2500, 80), np.float32)
    assert array.nbytes > MAX_CHUNK_BYTES
    answer = stage.encode(array)
    np.testing.assert_array_equal(answer.tensor, array)
    assert answer.tensor.dtype == np.float32
    assert [report.stage for report in answer.stages] == [STAGE_ENCODER]


def test_an_array_that_is_not_contiguous_is_sent_row_by_row(stage: StageClient) -> None:
    array = np.arange(12, dtype=np.float32).reshape(3, 4).T
    np.testing.assert_array_equal(stage.encode(array).tensor, array)


@pytest.mark.parametrize(
    ("script", "status", "sentence"),
    [
        ("corrupt", grpc.StatusCode.DATA_LOSS, "chunk 0: its CRC-32C does not fit"),
        ("gap", grpc.StatusCode.INTERNAL, "do not follow"),
        ("cut", grpc.StatusCode.INTERNAL, "ended before the tensor did"),
    ],
)
def test_an_answer_with_broken_frames_fails(
    scripted: Scripted, script: str, status: grpc.StatusCode, sentence: str
) -> None:
    with StageClient(scripted.address, model=script) as stage, pytest.raises(OsumError, match=sentence) as caught:
        stage.encode(np.zeros((2500, 80), np.float32))
    assert caught.value.status is status


def test_a_tensor_that_the_stage_does_not_take_is_refused_with_its_sentence(stage: StageClient) -> None:
    with pytest.raises(OsumError, match="F32") as caught:
        stage.encode(np.zeros((2, 2), np.int64))
    assert caught.value.status is grpc.StatusCode.INVALID_ARGUMENT


def test_an_element_type_that_cannot_travel_is_refused_before_the_call(stage: StageClient) -> None:
    with pytest.raises(TypeError, match="float64"):
        stage.encode(np.zeros((2, 2), np.float64))


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f2", "i1", "u1", "<i4", "<i8", "?"])
def test_all_element_types_survive(dtype: str) -> None:
    array = np.arange(6).reshape(2, 3).astype(dtype)
    reader = TensorReader("x")
    for frame in tensor_frames("x", array):
        reader.add(frame)
    np.testing.assert_array_equal(reader.array(), array)


def test_bfloat16_is_widened_exactly() -> None:
    data = bytes([0x80, 0x3F, 0x20, 0xC0])
    info = TensorInfo(name="x", dtype=DATA_TYPE_BF16, shape=[2])
    reader = TensorReader("x")
    reader.add(TensorFrame(header=TensorHeader(info=info, byte_size=4)))
    reader.add(TensorFrame(chunk=TensorChunk(offset=0, data=data, crc32c=google_crc32c.value(data))))
    reader.add(TensorFrame(end=TensorEnd()))
    np.testing.assert_array_equal(reader.array(), np.array([1, -2.5], np.float32))
