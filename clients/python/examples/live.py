"""Asks a mesh about a microphone: raw 16-bit PCM at 16 kHz, one channel, from standard input.

arecord -q -t raw -f S16_LE -r 16000 -c 1 | python examples/live.py 127.0.0.1:50051
"""

import sys

from osum_client import OsumClient, PartialTranscript, UtteranceResult, pcm_format


def main(address: str) -> None:
    with (
        OsumClient(address) as client,
        client.stream(sys.stdin.buffer, format=pcm_format(16_000), live=True, tags="<asr>") as events,
    ):
        for event in events:
            match event:
                case PartialTranscript():
                    print(f"... {event.text}", file=sys.stderr)
                case UtteranceResult():
                    text = event.result.transcript.text
                    print(f"{event.start_seconds:.3f} {event.end_seconds:.3f} {text}", flush=True)


main(*sys.argv[1:])
