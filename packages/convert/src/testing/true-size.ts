import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelDims, WeightKind } from '@osum/nn';
import { convertCheckpoint } from '../convert-checkpoint.js';
import { languageConfig, publishedTensors } from './published-checkpoint.js';
import { writeTorchFile } from './torch-file.js';

// Measures a conversion at the published dimensions, of a checkpoint whose weights are holes of the file:
//
//   node true-size.js write FOLDER            a checkpoint of 17 GB that takes some megabytes on disk
//   node true-size.js convert FOLDER int8     converts it; prints time and the largest resident memory; removes the package

/** The published model (reference: osum-pangu-model.md, sections 2 to 4). */
const PUBLISHED: ModelDims = {
  audio: { sampleRate: 16_000, melBins: 80, maxSeconds: 40 },
  encoder: { layers: 24, width: 1024, heads: 16, ffn: 4096, maxFrames: 2000, gelu: 'stepwise' },
  adapter: { layers: 4, width: 1024, heads: 4, ffn: 2560, strides: [1, 2, 2], outWidth: 4096 },
  decoder: {
    layers: 34,
    width: 4096,
    heads: 32,
    kvHeads: 8,
    headDim: 128,
    ffn: 12_800,
    vocab: 153_376,
    ropeTheta: 16_000_000,
    ropeRounding: 'bf16',
    rmsEps: 1e-5,
    maxPositions: 32_768,
  },
};

const TOKENIZER = new URL('../../../text/test-data/bpe-bytes.model', import.meta.url);
const TOKENIZER_PIECES = 1200;

const EOS = 45_892;

async function write(folder: string): Promise<void> {
  const llm = join(folder, 'llm');
  await mkdir(llm, { recursive: true });
  const tensors = publishedTensors({
    dims: PUBLISHED,
    loraRank: 64,
    codecRows: 4097,
    positions: [30_000, 5000],
    make: (_, shape) => ({
      storage: {
        dtype: 'bf16',
        values: { length: shape.reduce((product, extent) => product * extent, 1), hollow: true },
      },
      shape,
    }),
  });
  await writeTorchFile(join(folder, 'step_832499.pt'), tensors);
  const config = { ...languageConfig(PUBLISHED), eos_token_id: EOS };
  await writeFile(join(llm, 'config.json'), JSON.stringify(config));
  await writeFile(join(llm, 'tokenizer.model'), await grownTokenizer(PUBLISHED.decoder.vocab));
}

/** A tokenizer of so many pieces: a message goes on with what is appended to it. */
async function grownTokenizer(pieces: number): Promise<Buffer> {
  const appended = Array.from({ length: pieces - TOKENIZER_PIECES }, (_, i) => {
    const text = Buffer.from(`\u2581piece${i}`);
    return Buffer.concat([Buffer.from([0x0a, text.length + 2, 0x0a, text.length]), text]);
  });
  return Buffer.concat([await readFile(TOKENIZER), ...appended]);
}

async function convert(folder: string, weights: WeightKind): Promise<void> {
  const out = join(folder, weights);
  const started = performance.now();
  const report = await convertCheckpoint({
    checkpoint: join(folder, 'step_832499.pt'),
    llm: join(folder, 'llm'),
    out,
    weights,
  });
  await rm(out, { recursive: true });
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(0)} s`;
  console.log(
    [
      `${report.tensors} tensors, ${(report.bytes / 1e9).toFixed(2)} GB, LoRA ${JSON.stringify(report.lora)}`,
      `${seconds(performance.now() - started)} elapsed, ${seconds(userCPUTime / 1000)} user, ${seconds(systemCPUTime / 1000)} system`,
      `largest resident memory ${(maxRSS / 1024).toFixed(0)} MiB`,
    ].join('\n'),
  );
}

const [action, folder, weights = 'int8'] = process.argv.slice(2);
if (folder === undefined || (action !== 'write' && action !== 'convert')) {
  console.error('usage: node true-size.js write|convert FOLDER [bf16|int8|fp32]');
  process.exitCode = 2;
} else {
  await (action === 'write' ? write(folder) : convert(folder, weights as WeightKind));
}
