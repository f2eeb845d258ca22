"""This repository's schemas, compiled in memory, and calls by them: the direct way that the doors are compared with."""

import tempfile
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_tools import protoc
from mesh_process import REPOSITORY


def compile_schemas() -> DescriptorPool:
    """A pool of its own: the clients' packages have theirs in the default pool."""
    folder = REPOSITORY / "proto"
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "schemas.binpb"
        includes = [f"-I{folder}", f"-I{files('grpc_tools') / '_proto'}"]
        sources = [str(path) for path in sorted(folder.rglob("*.proto"))]
        arguments = ["protoc", *includes, "--include_imports", f"--descriptor_set_out={out}", *sources]
        assert protoc.main(arguments) == 0, "protoc refused the schemas"
        descriptors = FileDescriptorSet.FromString(out.read_bytes())
    pool = DescriptorPool()
    for file in descriptors.file:
        pool.AddSerializedFile(file.SerializeToString())
    return pool


class Schemas:
    """Messages and calls by name."""

    def __init__(self) -> None:
        self.pool = compile_schemas()

    def message(self, name: str, **fields: Any) -> Any:
        """A message such as `osum.v1.UnderstandRequest`."""
        return GetMessageClass(self.pool.FindMessageTypeByName(name))(**fields)

    def stream(self, address: str, service: str, method: str, requests: Iterable[Any]) -> Iterator[Any]:
        """Calls a method that streams both ways, or any other with one request or one response."""
        descriptor = self.pool.FindServiceByName(service).methods_by_name[method]
        with grpc.insecure_channel(address) as channel:
            call = channel.stream_stream(
                f"/{service}/{method}",
                request_serializer=GetMessageClass(descriptor.input_type).SerializeToString,
                response_deserializer=GetMessageClass(descriptor.output_type).FromString,
            )
            yield from call(iter(requests))
