import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeGeneratedPackage } from '@osum/convert/testing';
import { openPackage, PUBLISHED_MODEL } from '@osum/nn';
import { assemblePrompt, createTokenizer } from '@osum/text';
import { figureTable } from '../figure.js';
import { recordedClip } from '../recorded-clip.js';
import { answerFigures } from './answer-figures.js';
import { machinePeaks } from './machine-peaks.js';
import { type MeshProcesses, startMeshProcesses } from './mesh-processes.js';
import { timedAnswer } from './timed-answer.js';

// The published dimensions through the mesh: 0.31 + 0.05 + 8.03 G parameters of generated weights in int8, a clip of ten
// seconds, eight tokens. Takes 9 GB of disk, which are given back, and 12 GiB of memory.
//
//   node test/bench/dist/true-size/main.js [--folder FOLDER] [--keep]

const MODEL = { ...PUBLISHED_MODEL, weights: 'int8' } as const;
const CLIP_SECONDS = 10;
const TOKENS = 8;
const DECODER_FLAGS = [
  ...['--max-sequences', '2', '--kv-blocks', '16'],
  ...['--attach-timeout-ms', '300000'], // two cores may need longer than the default for the encoder
];
const GIBIBYTE = 2 ** 30;
const MEMORY_BYTES = 12 * GIBIBYTE;

const { values } = parseArgs({
  options: {
    /** Where the package is written, or stands from an earlier run. */
    folder: { type: 'string', default: join(tmpdir(), 'osum-true-size') },
    /** Leaves the package there. */
    keep: { type: 'boolean', default: false },
  },
});

if (freemem() < MEMORY_BYTES) {
  throw new Error(`12 GiB of memory are needed, but ${(freemem() / GIBIBYTE).toFixed(1)} GiB are available`);
}
try {
  await run(values.folder);
} finally {
  if (!values.keep) await rm(values.folder, { recursive: true, force: true });
}

async function run(folder: string): Promise<void> {
  if (!existsSync(join(folder, 'model.json'))) {
    const start = performance.now();
    await writeGeneratedPackage(folder, MODEL, MODEL.weights);
    console.log(`package written in ${((performance.now() - start) / 1000).toFixed(0)} s`);
  }
  const peaks = await machinePeaks();
  console.log(figureTable('this machine', peaks.figures));
  const clip = await recordedClip(CLIP_SECONDS);
  const mesh = await startMeshProcesses(folder, DECODER_FLAGS);
  try {
    await printServices('services, idle', mesh);
    const systemPositions = await systemTokens(folder);
    for (const name of ['first answer', 'second answer']) {
      const answer = await timedAnswer(mesh.router, clip, TOKENS);
      const text = answer.result.transcript?.text;
      console.log(figureTable(`${name}: ${text}`, answerFigures(MODEL, answer, peaks, systemPositions)));
    }
    await printServices('services, after the answers', mesh);
  } finally {
    await mesh.end();
  }
  const again = await startMeshProcesses(folder, DECODER_FLAGS);
  await printServices('services, started again', again);
  await again.end();
}

/** Tokens of the fixed text that a prompt begins with. */
async function systemTokens(folder: string): Promise<number> {
  const { manifest } = await openPackage(folder);
  const tokenizer = createTokenizer(
    await readFile(join(folder, manifest.files.tokenizer.path)),
    manifest.tokenizer,
  );
  const fixed = manifest.prompts.understand.findIndex((segment) => !('text' in segment));
  const parts = assemblePrompt(manifest.prompts.understand.slice(0, fixed), tokenizer);
  return parts.reduce((sum, part) => sum + (part.kind === 'tokens' ? part.ids.length : 0), 0);
}

async function printServices(title: string, { services }: MeshProcesses): Promise<void> {
  console.log(title);
  for (const service of services) {
    const { ownBytes, fileBytes } = await service.resident();
    const [own, file] = [ownBytes, fileBytes].map((bytes) => (bytes / 2 ** 20).toFixed(0).padStart(6));
    console.log(
      `  ${service.name.padEnd(9)} ready after ${service.readySeconds.toFixed(1).padStart(5)} s, ${own} MiB of its own, ${file} MiB of mapped files`,
    );
  }
}
