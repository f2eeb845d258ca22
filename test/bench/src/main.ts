import { parseArgs } from 'node:util';
import { openBackend } from '@osum/device';
import { openPackage } from '@osum/nn';
import { decodingFigures } from './decoding.js';
import { figureTable } from './figure.js';
import { matmulFigures } from './matmul.js';
import { stageFigures } from './stages.js';

const { values } = parseArgs({
  options: {
    package: { type: 'string', default: 'models/osum-nano' },
    runs: { type: 'string', default: '5' },
    only: { type: 'string', multiple: true, default: ['matmul', 'stages', 'decoding'] },
  },
});
const repetition = { runs: Number(values.runs), warmUps: 2 };
const backend = await openBackend();
await using device = await backend.openDevice();
console.log(`${device}, ${backend.soc}: ${backend.why.at(-1)}; median of ${repetition.runs} runs`);
if (values.only.includes('matmul')) {
  console.log(figureTable('matrix products', await matmulFigures(device, repetition)));
}
if (values.only.includes('stages')) {
  const opened = await openPackage(values.package);
  console.log(figureTable('stages before the decoder', await stageFigures(device, opened, repetition)));
}
if (values.only.includes('decoding')) {
  const opened = await openPackage(values.package);
  console.log(figureTable('decoder', await decodingFigures(device, opened, repetition)));
}
