// Asks a mesh about a recording: node file.mjs 127.0.0.1:50051 recording.ogg "Write down what is said."
import { createOsumClient } from '@osum/client';

const [address, recording, instruction] = process.argv.slice(2);
const client = createOsumClient({ address });
try {
  const { plan, utterances } = await client.understand(
    { audio: recording, instruction },
    { deadlineMs: 60_000 },
  );
  console.log(plan.tags);
  for (const { startSeconds, endSeconds, result } of utterances) {
    console.log(`${startSeconds.toFixed(3)} ${endSeconds.toFixed(3)} ${result?.transcript?.text ?? ''}`);
    if (result?.gender) console.log(`gender ${result.gender.label}`);
  }
} finally {
  client.close();
}
