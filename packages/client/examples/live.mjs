// Asks a mesh about a microphone: raw 16-bit PCM at 16 kHz, one channel, from standard input.
//
// arecord -q -t raw -f S16_LE -r 16000 -c 1 | node live.mjs 127.0.0.1:50051
import { AudioEncoding, createOsumClient } from '@osum/client';

const [address] = process.argv.slice(2);
const format = { encoding: AudioEncoding.PCM_S16LE, sampleRateHz: 16_000 };
const client = createOsumClient({ address });
try {
  for await (const event of client.stream({ audio: process.stdin, format, live: {}, tags: '<asr>' })) {
    if (event.case === 'partial') console.error(`... ${event.value.text}`);
    if (event.case === 'result') {
      const { startSeconds, endSeconds, result } = event.value;
      console.log(`${startSeconds.toFixed(3)} ${endSeconds.toFixed(3)} ${result?.transcript?.text ?? ''}`);
    }
  }
} finally {
  client.close();
}
