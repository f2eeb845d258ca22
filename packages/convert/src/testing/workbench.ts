import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stage } from '@osum/nn';
import { openCheckpoint } from '../checkpoint/open-checkpoint.js';
import { ConvertError, type ConvertFault } from '../convert-error.js';
import type { ConvertOptions } from '../convert-options.js';
import { RowReader } from '../tensors/row-reader.js';
import { DIMS, LORA, publishedTensors, writeLanguageModel } from './published-checkpoint.js';
import { type TestTensor, type TorchFileOptions, writeTorchFile } from './torch-file.js';

/** A temporary folder with a published checkpoint and its language model, and what tests do with them. */
export interface Workbench {
  readonly folder: string;
  /** Full path of a name in the folder. */
  at(name: string): string;
  /** Options that convert the checkpoint into `out`. */
  options(out: string, changes?: Partial<ConvertOptions>): ConvertOptions;
  /** Writes another checkpoint and returns its path. */
  checkpoint(
    name: string,
    change: (tensors: Map<string, TestTensor>) => void,
    file?: TorchFileOptions,
  ): Promise<string>;
  remove(): Promise<void>;
}

export async function createWorkbench(): Promise<Workbench> {
  const folder = await mkdtemp(join(tmpdir(), 'osum-convert-'));
  const at = (name: string): string => join(folder, name);
  await writeTorchFile(at('published.pt'), publishedTensors());
  await writeLanguageModel(at('llm'));
  return {
    folder,
    at,
    options: (out, changes) => ({
      checkpoint: at('published.pt'),
      llm: at('llm'),
      out: at(out),
      weights: 'fp32',
      encoderHeads: DIMS.encoder.heads,
      loraAlpha: LORA.alpha,
      ...changes,
    }),
    async checkpoint(name, change, file) {
      const tensors = publishedTensors();
      change(tensors);
      await writeTorchFile(at(name), tensors, file);
      return at(name);
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

/** All values of a tensor of a checkpoint or of a package's file. */
export async function valuesOf(path: string, name: string): Promise<Float32Array> {
  await using checkpoint = await openCheckpoint(path);
  const tensor = checkpoint.tensors.get(name);
  assert.ok(tensor, `${name} in ${path}`);
  const reader = new RowReader(tensor);
  return (await reader.floats(0, reader.rows)).slice();
}

/** SHA-256 of a package's stage files: equal for equal bytes. */
export async function digests(
  folder: string,
  stages: readonly Stage[] = ['encoder', 'adapter', 'decoder'],
): Promise<Record<string, string>> {
  const entries = stages.map(async (stage) => {
    const content = await readFile(join(folder, `${stage}.safetensors`));
    return [stage, createHash('sha256').update(content).digest('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Expects a `ConvertError` of this kind whose message matches all patterns. */
export async function rejectsWith(
  work: Promise<unknown>,
  fault: ConvertFault,
  ...patterns: readonly RegExp[]
): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof ConvertError, (error as Error).stack);
    for (const pattern of patterns) assert.match(error.message, pattern);
    assert.equal(error.fault, fault);
    return true;
  });
}
