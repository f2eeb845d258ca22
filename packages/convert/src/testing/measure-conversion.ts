import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PUBLISHED_MODEL, type WeightKind } from '@osum/nn';
import { convertCheckpoint } from '../convert-checkpoint.js';
import { grownTokenizer } from './grown-tokenizer.js';
import { languageConfig, publishedTensors } from './published-checkpoint.js';
import { writeTorchFile } from './torch-file.js';

// Measures a conversion at the published dimensions, of a checkpoint whose weights are holes of the file:
//
//   node measure-conversion.js write FOLDER            a checkpoint of 17 GB that takes some megabytes on disk
//   node measure-conversion.js convert FOLDER int8     converts it; prints time and the largest resident memory; removes the package

const EOS = 45_892;

async function write(folder: string): Promise<void> {
  const llm = join(folder, 'llm');
  await mkdir(llm, { recursive: true });
  const tensors = publishedTensors({
    dims: PUBLISHED_MODEL,
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
  const config = { ...languageConfig(PUBLISHED_MODEL), eos_token_id: EOS };
  await writeFile(join(llm, 'config.json'), JSON.stringify(config));
  await writeFile(join(llm, 'tokenizer.model'), await grownTokenizer(PUBLISHED_MODEL.decoder.vocab));
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
  console.error('usage: node measure-conversion.js write|convert FOLDER [bf16|int8|fp32]');
  process.exitCode = 2;
} else {
  await (action === 'write' ? write(folder) : convert(folder, weights as WeightKind));
}
