import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '@osum/nn';
import { type SyntheticOptions, writeSyntheticPackage } from '@osum/nn/testing';
import { createTokenizer } from '@osum/text';

/** A real SentencePiece model of a few hundred pieces, with bytes to fall back on. */
const TOKENIZER = new URL('../../../packages/text/test-data/bpe-bytes.model', import.meta.url);

/** A model package in a temporary folder. */
export interface TinyPackage {
  readonly directory: string;
  readonly manifest: Manifest;
  remove(): Promise<void>;
}

/**
 * Writes a package with weights from a formula: small enough to load at once, with the head size that the fused
 * attention takes, and with a whole prompt for each mode.
 */
export async function writeTinyPackage(weights: SyntheticOptions['weights'] = 'bf16'): Promise<TinyPackage> {
  const directory = await mkdtemp(join(tmpdir(), 'osum-tiny-'));
  const tokenizer = await readFile(TOKENIZER);
  const { vocabularySize } = createTokenizer(tokenizer, { bos: 1, eos: 2, pad: 0, addedTokens: [] });
  const written = await writeSyntheticPackage(directory, {
    weights,
    tokenizer,
    encoder: { layers: 2, width: 128, heads: 2, ffn: 256, maxFrames: 500 },
    adapter: { layers: 1, width: 128, heads: 2, ffn: 128 },
    decoder: {
      layers: 2,
      width: 128,
      heads: 2,
      kvHeads: 1,
      headDim: 64,
      ffn: 192,
      vocab: vocabularySize,
      maxPositions: 2048,
    },
  });
  const system = {
    text: 'You listen to speech and answer what is asked about it, with tags first.',
    bos: true,
  };
  const tail = { text: ' The answer:', bos: true };
  const manifest: Manifest = {
    ...written,
    audio: { ...written.audio, maxSeconds: 10 },
    prompts: {
      understand: [system, { instruction: true, bos: true }, { speech: true }, tail],
      chat: [system, { speech: true }, tail],
      intent: [system, { instruction: true, bos: false }, tail],
    },
    combinations: ['<asr>', '<asr><age>', '<gender>'],
    tasks: { asr: { supported: true }, age: { supported: true }, gender: { supported: true } },
  };
  await writeFile(join(directory, 'model.json'), JSON.stringify(manifest));
  return { directory, manifest, remove: () => rm(directory, { recursive: true, force: true }) };
}
