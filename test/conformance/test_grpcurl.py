"""grpcurl finds and calls every service by reflection alone."""

import pytest
from grpcurl import Grpcurl, grpcurl
from mesh_process import Mesh

# The newer version asks for reflection v1; the older knows v1alpha only.
VERSIONS = {"v1": "v1.9.4", "v1alpha": "v1.8.7"}
SERVICES = {
    "features": "osum.v1.FeatureExtractor",
    "encoder": "osum.v1.SpeechEncoder",
    "adapter": "osum.v1.ModalityAdapter",
    "decoder": "osum.v1.LanguageDecoder",
    "router": "osum.v1.SpeechUnderstanding",
}
INFRASTRUCTURE = {
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
}


@pytest.fixture(scope="module", params=VERSIONS.values(), ids=VERSIONS.keys())
def curl(request: pytest.FixtureRequest) -> Grpcurl:
    return grpcurl(request.param)


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_listed_described_and_healthy(curl: Grpcurl, mesh: Mesh, name: str) -> None:
    address, service = mesh.services[name], SERVICES[name]
    assert {service, *INFRASTRUCTURE} <= set(curl(address, "list").split())
    methods = curl(address, "list", service).split()
    described = curl(address, "describe", service)
    assert methods and all(method.removeprefix(f"{service}.") in described for method in methods)
    for checked in ("", service):
        answer = curl.call(address, "grpc.health.v1.Health/Check", {"service": checked})
        assert answer == {"status": "SERVING"}


def test_an_instruction_becomes_a_plan(curl: Grpcurl, mesh: Mesh) -> None:
    router = mesh.services["router"]
    assert "string instruction" in curl(router, "describe", "osum.v1.InterpretRequest")
    answer = curl.call(router, f"{SERVICES['router']}/Interpret", {"instruction": "Write down what is said."})
    assert "<asr>" in answer["plan"]["tags"]
    assert "TASK_ASR" in answer["plan"]["tasks"]


def test_a_refusal_shows_its_status_and_message(curl: Grpcurl, mesh: Mesh) -> None:
    with pytest.raises(AssertionError, match=r"(?s)Code: InvalidArgument.*Message: .*instruction"):
        curl.call(mesh.services["router"], f"{SERVICES['router']}/Interpret", {"instruction": ""})
