import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Channels, createChannels, createTelemetry, type MeshClient, type Telemetry } from '@osum/mesh';
import type { Manifest } from '@osum/nn';
import { writeSyntheticPackage } from '@osum/nn/testing';
import { type Pass, PromptMode, speechUnderstandingDefinition } from '@osum/proto';
import { serveRouter } from '../main.js';
import { type RouterConfig, routerConfigSchema } from '../router-config.js';
import { type FakeDecoder, type Script, startFakeDecoder } from './fake-decoder.js';
import { type FakeFeatures, startFakeFeatures } from './fake-features.js';

/** A real router over fake stages, and a client of it. */
export interface FakeMesh {
  readonly client: MeshClient<typeof speechUnderstandingDefinition>;
  readonly channels: Channels;
  readonly address: string;
  readonly telemetry: Telemetry;
  readonly decoders: readonly [FakeDecoder, FakeDecoder];
  readonly features: readonly [FakeFeatures, FakeFeatures];
  /** All calls of either decoder. */
  decoderCalls(): FakeDecoder['calls'];
  /** Resolves when no session and no extraction is left. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Answers passes by their tags, and interprets instructions that hold a word of the table. */
export const answers: Readonly<Record<string, readonly string[]>> = {
  '<asr>': ['<asr>', 'hello', ' world'],
  '<gender>': ['<gender>', '<', 'FE', 'MALE', '>'],
  '<age>': ['<age>', '<ADULT>'],
  '<emotion>': ['<emotion>', '<HAPPY>'],
  '<asr><gender>': ['<asr>', '<gender>', 'hello', ' world', '<FEMALE>'],
  '<asr><align>': ['<asr><align>', 'hello', '<0.1,0.4>', 'world', '<0.5,0.9>'],
  '<chat>': ['<chat>', 'hi', ' there'],
  words: ['<asr>'],
  who: ['<asr>', '<gender>'],
};

export const byTags: Script = ({ mode, instruction }: Pass) => {
  if (mode === PromptMode.CHAT) return answers['<chat>'] ?? [];
  if (mode === PromptMode.UNDERSTAND) return answers[instruction] ?? ['<asr>', `unknown ${instruction}`];
  const known = Object.keys(answers).find((word) => instruction.includes(word));
  return known ? (answers[known] ?? []) : [{ text: '<asr>', probability: 0.001 }];
};

/** The package of the fake mesh: all tasks but style, some combinations. */
const packageChanges = {
  name: 'fake',
  audio: { sampleRate: 16_000, melBins: 80, maxSeconds: 40 },
  combinations: ['<asr>', '<asr><align>', '<asr><gender>', '<gender>', '<age>', '<emotion>', '<chat>'],
  tasks: {
    asr: { supported: true, languages: ['en'], scores: [{ metric: 'wer', value: 0.4, on: 'dev', n: 40 }] },
    align: { supported: true },
    gender: { supported: true, labels: ['MALE', 'FEMALE'], untrainedLabels: [] },
    age: { supported: true, labels: ['CHILD', 'ADULT'], untrainedLabels: ['OLD'] },
    emotion: { supported: true, labels: ['HAPPY', 'SAD'] },
    chat: { supported: true },
    style: { supported: false },
  },
} satisfies Partial<Manifest>;

/** Starts two fake decoders, two fake feature extractors, and a router over them. */
export async function startFakeMesh(
  config: Partial<RouterConfig> = {},
  manifest: Partial<Manifest> = {},
  telemetry: Telemetry = createTelemetry({ name: 'mesh', logLevel: 'silent' }),
): Promise<FakeMesh> {
  const folder = await mkdtemp(join(tmpdir(), 'osum-router-'));
  await writeSyntheticPackage(folder);
  const path = join(folder, 'model.json');
  const written = JSON.parse(await readFile(path, 'utf8')) as Manifest;
  await writeFile(path, JSON.stringify({ ...written, ...packageChanges, ...manifest }));

  const decoders = [await startFakeDecoder(byTags), await startFakeDecoder(byTags)] as const;
  const features = [await startFakeFeatures(), await startFakeFeatures()] as const;
  const endStages = async () => {
    for (const { server } of [...decoders, ...features]) server.abort();
    await rm(folder, { recursive: true });
  };
  const router = await serveRouter(
    routerConfigSchema.parse({
      package: folder,
      decoders: decoders.map(({ address }) => address),
      features: features.map(({ address }) => address),
      drainGraceMs: 100,
      ...config,
    }),
    { telemetry },
  ).catch(async (error) => {
    await endStages();
    throw error;
  });
  await router.ready;
  const channels = createChannels({ telemetry });
  const held = () =>
    [...decoders.map(({ sessions }) => sessions), ...features.map(({ active }) => active)].reduce(
      (a, b) => a + b,
    );
  return {
    client: channels.client(speechUnderstandingDefinition, router.address),
    channels,
    address: router.address,
    telemetry,
    decoders,
    features,
    decoderCalls: () => decoders.flatMap(({ calls }) => calls),
    async idle() {
      for (let i = 0; i < 200 && held() > 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
      if (held() > 0) throw new Error(`${held()} sessions or extractions are left after 2 s`);
    },
    async close() {
      channels.close();
      await router.abort();
      await endStages();
    },
  };
}
