// Sends raw 16-bit PCM at 16 kHz, one channel, from standard input through three stages of a mesh, tensor by tensor.
//
// node stages.mjs FEATURES_ADDRESS ENCODER_ADDRESS ADAPTER_ADDRESS < speech.raw
import { buffer } from 'node:stream/consumers';
import { createStageClient } from '@osum/client';

const clients = process.argv.slice(2).map((address) => createStageClient({ address }));
const [featuresStage, encoderStage, adapterStage] = clients;
const bounds = { deadlineMs: 60_000 };
try {
  const bytes = Uint8Array.from(await buffer(process.stdin));
  const features = await featuresStage.extract(new Int16Array(bytes.buffer), bounds);
  const hidden = await encoderStage.encode(features.tensor, bounds);
  const speech = await adapterStage.adapt(hidden.tensor, bounds);
  show('features', features.tensor);
  show('hidden', hidden.tensor);
  show('speech', speech.tensor);
} finally {
  for (const client of clients) client.close();
}

function show(name, { shape, values }) {
  const sum = values.reduce((total, value) => total + value * value, 0);
  console.log(`${name} [${shape.join(', ')}] sum of squares ${exponential(sum)}`);
}

/** `1.500000e+03`, with two digits of the exponent as printf writes it. */
function exponential(value) {
  return value.toExponential(6).replace(/e([+-])(\d)$/, 'e$10$2');
}
