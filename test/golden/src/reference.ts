import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConvertOptions } from '@osum/convert';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A question and what PyTorch answers. */
export interface ReferenceAnswer {
  readonly index: number;
  readonly mode: 'understand' | 'chat' | 'intent';
  /** With the intent prompt before it, in that mode. */
  readonly instruction: string;
  /** 16 kHz; of no length for intent. */
  readonly pcm: Float32Array;
  readonly ids: readonly number[];
  readonly text: string;
  /** Of the first token, [vocab]. */
  readonly logits: Float32Array;
  /** By how much the chosen token was ahead of the next one, at the closest step. */
  readonly gap: number;
}

/** A synthetic checkpoint in the published layout and PyTorch's answers. */
export interface Reference {
  readonly folder: string;
  /** How it is converted. */
  readonly options: Pick<
    ConvertOptions,
    'checkpoint' | 'llm' | 'encoderHeads' | 'adapterHeads' | 'ropeRounding' | 'loraAlpha'
  >;
  readonly eos: number;
  readonly answers: readonly ReferenceAnswer[];
  /** Results of every layer for one question: a safetensors file. */
  layersOf(index: number): string;
  remove(): Promise<void>;
}

/** What PyTorch is to compute. */
export interface ReferenceOptions {
  readonly dtype?: 'float32' | 'bfloat16';
  readonly count?: number;
  readonly tokens?: number;
}

/** Has PyTorch write a synthetic checkpoint (`osum_reference/cases.py`) and answer random questions to it. */
export async function writeReference(
  name: string,
  { dtype = 'float32', count = 50, tokens = 24 }: ReferenceOptions = {},
): Promise<Reference> {
  const folder = await mkdtemp(join(tmpdir(), `osum-golden-${name}-`));
  runPython('osum_reference', name, folder, '--dtype', dtype, '--count', `${count}`, '--tokens', `${tokens}`);
  const content = JSON.parse(await readFile(join(folder, 'answers.json'), 'utf8'));
  const samples = await floats(join(folder, 'samples.f32'));
  const logits = await floats(join(folder, 'logits.f32'));
  const answers = content.answers.map(
    (answer: ReferenceAnswer & { start: number; samples: number }, i: number): ReferenceAnswer => ({
      ...answer,
      pcm: samples.slice(answer.start, answer.start + answer.samples),
      logits: logits.subarray(i * content.vocab, (i + 1) * content.vocab),
    }),
  );
  return {
    folder,
    options: { checkpoint: join(folder, 'checkpoint.pt'), llm: join(folder, 'llm'), ...content.options },
    eos: content.eos,
    answers,
    layersOf(index) {
      runPython('osum_reference', name, folder, '--dtype', dtype, '--layers-of', `${index}`);
      return join(folder, 'layers.safetensors');
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

/** Runs a Python module of this folder and returns what it prints; throws with its output when it fails. */
export function runPython(module: string, ...args: readonly string[]): string {
  return python(['-m', module, ...args]);
}

/** Runs a Python file likewise. */
export function runPythonFile(path: string, ...args: readonly string[]): string {
  return python([path, ...args]);
}

/** In the checkout's own environment, which is created at the first use. */
function python(args: readonly string[]): string {
  const modules = ['test/golden', 'training'].map((path) => join(root, path)).join(delimiter);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'test/tools/python.mjs'), 'python', ...args],
    { env: { ...process.env, PYTHONPATH: modules }, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`python ${args.join(' ')} failed:\n${stdout}${stderr}`);
  return stdout;
}

async function floats(path: string): Promise<Float32Array> {
  const bytes = Uint8Array.from(await readFile(path));
  return new Float32Array(bytes.buffer);
}
