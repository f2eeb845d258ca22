"""Asks a mesh about a recording: python examples/file.py 127.0.0.1:50051 recording.ogg "Write down what is said."""

import sys

from osum_client import OsumClient


def main(address: str, recording: str, instruction: str) -> None:
    with OsumClient(address) as client:
        answer = client.understand(recording, instruction=instruction, timeout=60)
    print(answer.plan.tags)
    for utterance in answer.utterances:
        result = utterance.result
        print(f"{utterance.start_seconds:.3f} {utterance.end_seconds:.3f} {result.transcript.text}")
        if result.HasField("gender"):
            print(f"gender {result.gender.label}")


main(*sys.argv[1:])
