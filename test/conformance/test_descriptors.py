"""The schemas declared here against those inside the clients' packages."""

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from riva.client.proto import riva_asr_pb2
from schemas import Schemas
from tritonclient.grpc import service_pb2

RIVA = riva_asr_pb2.DESCRIPTOR.pool
TRITON = service_pb2.DESCRIPTOR.pool
FILES = [
    ("nvidia/riva/riva_asr.proto", RIVA),
    ("nvidia/riva/riva_common.proto", RIVA),
    ("inference/open_inference.proto", TRITON),
]
# In the Open Inference Protocol, but not in Triton's schema.
NOT_TRITONS = {"inference.ModelMetadataResponse.properties"}


def messages_of(message: Descriptor) -> list[Descriptor]:
    return [message, *(inner for nested in message.nested_types for inner in messages_of(nested))]


def facts(field: FieldDescriptor) -> dict[str, object]:
    kind = field.message_type or field.enum_type
    oneof = field.containing_oneof
    return {
        "name": field.name,
        "type": field.type,
        "of": kind.full_name if kind else None,
        "repeated": field.is_repeated,
        "presence": field.has_presence,
        "oneof": oneof.name if oneof else None,
        "packed": field.is_packed,
    }


@pytest.mark.parametrize(("file", "theirs"), FILES)
def test_messages_enums_and_methods_are_the_published_ones(schemas: Schemas, file: str, theirs: DescriptorPool) -> None:
    ours = schemas.pool.FindFileByName(file)
    compared = 0
    for message in (m for top in ours.message_types_by_name.values() for m in messages_of(top)):
        if message.full_name.startswith("inference.ModelMetadataResponse.Properties"):
            continue
        published = theirs.FindMessageTypeByName(message.full_name)
        for field in message.fields:
            if field.full_name in NOT_TRITONS:
                continue
            assert facts(field) == facts(published.fields_by_number[field.number]), field.full_name
            compared += 1
    for enum in ours.enum_types_by_name.values():
        published_enum = theirs.FindEnumTypeByName(enum.full_name)
        assert {v.name: v.number for v in enum.values} == {v.name: v.number for v in published_enum.values}
        compared += 1
    for service in ours.services_by_name.values():
        published_service = theirs.FindServiceByName(service.full_name)
        for method in service.methods:
            other = published_service.methods_by_name[method.name]
            assert method.input_type.full_name == other.input_type.full_name, method.full_name
            assert method.output_type.full_name == other.output_type.full_name, method.full_name
            assert (method.client_streaming, method.server_streaming) == (
                other.client_streaming,
                other.server_streaming,
            ), method.full_name
            compared += 1
    assert compared > 0


def test_no_field_of_rivas_recognition_is_left_out(schemas: Schemas) -> None:
    for message in (m for top in riva_asr_pb2.DESCRIPTOR.message_types_by_name.values() for m in messages_of(top)):
        ours = schemas.pool.FindMessageTypeByName(message.full_name)
        assert set(ours.fields_by_number) == set(message.fields_by_number), message.full_name
