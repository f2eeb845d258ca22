import { startEmbeddedMesh } from '@osum/cli';
import { type Channels, createChannels, createTelemetry } from '@osum/mesh';
import { speechPositionsFromSamples } from '@osum/nn';
import {
  type AttachTarget,
  featureExtractorDefinition,
  languageDecoderDefinition,
  PcmEncoding,
  PromptMode,
} from '@osum/proto';
import type { ReferenceAnswer } from './reference.js';

/** What a mesh printed. */
export interface MeshAnswer {
  readonly ids: readonly number[];
  readonly text: string;
}

const MODES = {
  understand: PromptMode.UNDERSTAND,
  chat: PromptMode.CHAT,
  intent: PromptMode.INTENT,
} as const;

/** Questions that are under way at once: the stages batch them. */
const CONCURRENCY = 8;

/** Starts a mesh with a package on the CPU, asks it all questions, and stops it. */
export async function answersOfMesh(
  directory: string,
  questions: readonly ReferenceAnswer[],
  maxNewTokens: number,
): Promise<MeshAnswer[]> {
  const mesh = await startEmbeddedMesh({ package: directory, device: 'host', logLevel: 'silent' });
  const channels = createChannels({ telemetry: createTelemetry({ name: 'golden', logLevel: 'silent' }) });
  try {
    const answers: MeshAnswer[] = [];
    const waiting = [...questions.entries()];
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [place, question] = next;
        answers[place] = await ask(channels, mesh.services, question, maxNewTokens);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
    return answers;
  } finally {
    channels.close();
    await mesh.drain();
  }
}

/** One session: the decoder admits it, the speech goes through the stages to it, the tokens come back. */
async function ask(
  channels: Channels,
  services: Readonly<Record<string, string>>,
  { mode, instruction, pcm }: ReferenceAnswer,
  maxNewTokens: number,
): Promise<MeshAnswer> {
  const decoder = channels.client(languageDecoderDefinition, services.decoder!);
  const ids: number[] = [];
  let text = '';
  let sent: Promise<void> | undefined;
  const session = decoder.generate({
    passes: [{ mode: MODES[mode], instruction, maxNewTokens }],
    speechRows: pcm.length === 0 ? 0 : speechPositionsFromSamples(pcm.length),
  });
  for await (const { response } of session) {
    if (response.case === 'admitted' && response.value.attach !== undefined) {
      sent = send(channels, services.features!, pcm, response.value.attach);
      sent.catch(() => {}); // awaited below; the session's own failure comes first
    }
    if (response.case !== 'delta') continue;
    for (const token of response.value.tokens) {
      ids.push(token.id);
      text += token.text;
    }
  }
  await sent;
  return { ids, text };
}

async function send(
  channels: Channels,
  address: string,
  pcm: Float32Array,
  decoder: AttachTarget,
): Promise<void> {
  const bytes = new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  async function* requests() {
    yield {
      request: { case: 'config' as const, value: { encoding: PcmEncoding.F32LE, forward: { decoder } } },
    };
    yield { request: { case: 'pcm' as const, value: bytes } };
  }
  for await (const _ of channels.client(featureExtractorDefinition, address).extract(requests()));
}
