"""Triton's own client against the stages."""

from typing import Any

import numpy as np
import pytest
from direct import Direct
from mesh_process import Mesh
from tritonclient import grpc as triton
from tritonclient.utils import InferenceServerException

STAGES = ["features", "encoder", "adapter"]
INFERENCE = "inference.GRPCInferenceService"


@pytest.fixture(scope="module")
def clients(mesh: Mesh) -> dict[str, triton.InferenceServerClient]:
    return {stage: triton.InferenceServerClient(mesh.services[stage]) for stage in STAGES}


def infer(client: triton.InferenceServerClient, stage: str, values: np.ndarray, datatype: str) -> Any:
    """The single output, as (metadata, raw bytes, values)."""
    name = client.get_model_metadata(stage).inputs[0].name
    tensor = triton.InferInput(name, list(values.shape), datatype)
    tensor.set_data_from_numpy(values)
    result = client.infer(stage, [tensor], request_id="call-1")
    response = result.get_response()
    assert (response.model_name, response.id) == (stage, "call-1")
    [output] = response.outputs
    return output, response.raw_output_contents[0], result.as_numpy(output.name)


@pytest.mark.parametrize("stage", STAGES)
def test_metadata_and_readiness(clients: dict[str, triton.InferenceServerClient], direct: Direct, stage: str) -> None:
    client = clients[stage]
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(stage)
    assert client.get_server_metadata().name == "osum-mesh"
    metadata = client.get_model_metadata(stage)
    described = direct.describe()
    assert metadata.name == stage
    assert list(metadata.versions) == [described.version]
    assert client.is_model_ready(stage, described.version)
    assert all(-1 in tensor.shape for tensor in [*metadata.inputs, *metadata.outputs])
    with pytest.raises(InferenceServerException, match="is not served here"):
        client.get_model_metadata("other")


def test_each_stage_answers_as_by_its_own_method(
    clients: dict[str, triton.InferenceServerClient], direct: Direct, pcm: np.ndarray
) -> None:
    calls = {"encoder": direct.encode, "adapter": direct.adapt}
    info, data = direct.extract(pcm.tobytes())
    output, raw, values = infer(clients["features"], "features", pcm, "FP32")
    assert raw == data
    for stage in STAGES[1:]:
        metadata = clients[stage].get_model_metadata(stage)
        assert output.datatype in ("FP32", "BF16")
        assert list(output.shape)[1:] == list(metadata.inputs[0].shape)[1:]
        info, data = calls[stage](info, data)
        output, raw, values = infer(clients[stage], stage, values, output.datatype)
        assert list(output.shape) == list(info.shape)
        assert raw == data
        assert np.isfinite(values.astype(np.float32)).all()


def test_refusals(clients: dict[str, triton.InferenceServerClient], pcm: np.ndarray) -> None:
    def refused(stage: str, values: np.ndarray, status: str, words: str) -> None:
        with pytest.raises(InferenceServerException, match=words) as failed:
            infer(clients[stage], stage, values, "FP32")
        assert failed.value.status() == f"StatusCode.{status}"

    refused("features", pcm[:100], "INVALID_ARGUMENT", "at least 201 samples")
    refused("features", np.full(1000, np.nan, np.float32), "INVALID_ARGUMENT", "finite")
    refused("features", np.tile(pcm, 31), "OUT_OF_RANGE", "split it at pauses")
    refused("encoder", np.zeros((10, 7), np.float32), "INVALID_ARGUMENT", r"shape \[10, 7\]")
    refused("adapter", np.zeros((10, 7), np.float32), "INVALID_ARGUMENT", r"shape \[10, 7\]")


@pytest.mark.parametrize("stage", STAGES)
def test_health_and_reflection_name_it(mesh: Mesh, direct: Direct, stage: str) -> None:
    address = mesh.services[stage]
    check = direct.schemas.message("grpc.health.v1.HealthCheckRequest", service=INFERENCE)
    [health] = direct.schemas.stream(address, "grpc.health.v1.Health", "Check", [check])
    assert health.status == 1
    listing = direct.schemas.message("grpc.reflection.v1.ServerReflectionRequest", list_services="")
    reflection = "grpc.reflection.v1.ServerReflection"
    [response] = direct.schemas.stream(address, reflection, "ServerReflectionInfo", [listing])
    assert INFERENCE in [service.name for service in response.list_services_response.service]
