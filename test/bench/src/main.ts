import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { openBackend } from '@osum/device';
import { openPackage } from '@osum/nn';
import { decodingFigures } from './decoding.js';
import { endToEndFigures } from './end-to-end.js';
import { envoyTables } from './envoy/envoy-figures.js';
import { comparisonTable, figureTable } from './figure.js';
import { matmulFigures, PRODUCTS, SHAPES } from './matmul.js';
import { peerFigures, peerPython } from './peers.js';
import { BATCHES, stageFigures } from './stages.js';
import { traceOverheadFigures } from './trace-overhead.js';

const { values } = parseArgs({
  options: {
    /** The model package. */
    package: { type: 'string', default: 'models/osum-nano' },
    /** Runs of each figure; the median counts. */
    runs: { type: 'string', default: '5' },
    /** Parts to run; `envoy`, which starts many processes, only when it is named. */
    only: {
      type: 'string',
      multiple: true,
      default: ['matmul', 'stages', 'decoding', 'end-to-end', 'traces'],
    },
    /** Measure torch and faster-whisper in the same run. */
    peers: { type: 'boolean', default: false },
    /** A Python that has them; default: one of test/bench/.venv, made on first use. */
    python: { type: 'string' },
  },
});
const repetition = { runs: Number(values.runs), warmUps: 2 };
const threads = Number(process.env.HOSTACL_THREADS ?? availableParallelism());
const comparedParts = ['matmul', 'stages'];
const hasPeers = values.peers && comparedParts.some((part) => values.only.includes(part));
const python = hasPeers ? peerPython(values.python) : null;
const backend = await openBackend();
await using device = await backend.openDevice();
console.log(
  `${device}, ${backend.soc}: ${backend.why.at(-1)}; ${threads} threads; median of ${repetition.runs} runs`,
);

if (values.only.includes('matmul')) {
  const shapes = SHAPES.map(({ rows, inputs, outputs }) => `${rows}x${inputs}x${outputs}`);
  const peers =
    python === null ? [] : peerFigures(python, 'matmul.py', [threads, repetition.runs, PRODUCTS, ...shapes]);
  console.log(comparisonTable('matrix products', await matmulFigures(device, repetition), 'torch', peers));
}
if (values.only.includes('stages')) {
  const figures = await stageFigures(device, await openPackage(values.package), repetition);
  console.log(figureTable('stages before the decoder', figures));
  if (python !== null) {
    const clips = BATCHES.filter((batch) => batch.length === 1).flat();
    const peers = peerFigures(python, 'encoder.py', [threads, repetition.runs, ...clips]);
    console.log(figureTable('faster-whisper base, padded to 30 s', peers));
  }
}
if (values.only.includes('decoding')) {
  const figures = await decodingFigures(device, await openPackage(values.package), repetition);
  console.log(figureTable('decoder', figures));
}
if (values.only.includes('end-to-end')) {
  console.log(figureTable('osum up, clips of 10 s', await endToEndFigures(values.package, repetition)));
}
if (values.only.includes('traces')) {
  console.log(figureTable('what traces cost', await traceOverheadFigures(values.package, repetition)));
}
if (values.only.includes('envoy')) {
  for await (const table of envoyTables(values.package, repetition)) console.log(table);
}
