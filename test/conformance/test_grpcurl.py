"""grpcurl finds and calls every service by reflection alone."""

import base64
import re
from typing import Any

import numpy as np
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


@pytest.fixture(scope="module", params=list(VERSIONS.values()), ids=list(VERSIONS))
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


def test_tensors_go_from_stage_to_stage_as_they_are_printed(curl: Grpcurl, mesh: Mesh, pcm: np.ndarray) -> None:
    def call(name: str, method: str, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        answers = curl.stream(mesh.services[name], f"{SERVICES[name]}/{method}", [{"config": {}}, *messages])
        assert "report" in answers[-1]
        return answers[:-1]

    features = call("features", "Extract", [{"pcm": base64.b64encode(pcm[:8000].tobytes()).decode()}])
    hidden = call("encoder", "Encode", features)
    speech = call("adapter", "Adapt", hidden)
    rows = [tensor[0]["frame"]["header"]["info"]["shape"][0] for tensor in (features, hidden, speech)]
    assert rows == [50, 25, 7 + 2]


def test_a_session_prints_its_tokens(curl: Grpcurl, mesh: Mesh) -> None:
    wish = {"mode": "PROMPT_MODE_INTENT", "instruction": "Write down what is said.", "grammar": "GRAMMAR_TAGS"}
    method = f"{SERVICES['decoder']}/Generate"
    admitted, *printed, finished = curl.stream(mesh.services["decoder"], method, [{"passes": [wish]}])
    assert admitted["admitted"]["model"] and "finished" in finished
    tokens = [token for message in printed if "delta" in message for token in message["delta"]["tokens"]]
    assert re.fullmatch(r"(<\w+>)+", "".join(token.get("text", "") for token in tokens))


def test_a_recording_is_understood(curl: Grpcurl, mesh: Mesh, recording: bytes) -> None:
    requests = [{"config": {"tags": "<gender>"}}, {"audio": base64.b64encode(recording).decode()}]
    answers = curl.stream(mesh.services["router"], f"{SERVICES['router']}/Understand", requests)
    assert answers[0]["plan"]["tags"] == "<gender>"
    (result,) = (answer["result"]["result"] for answer in answers if "result" in answer)
    assert result["gender"]["label"] in {"FEMALE", "MALE"}
    assert answers[-1]["summary"]["utterances"] == 1


def test_a_refusal_shows_its_status_and_message(curl: Grpcurl, mesh: Mesh) -> None:
    with pytest.raises(AssertionError, match=r"(?s)Code: InvalidArgument.*Message: .*instruction"):
        curl.call(mesh.services["router"], f"{SERVICES['router']}/Interpret", {"instruction": ""})
