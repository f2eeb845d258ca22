import { randomUUID } from 'node:crypto';
import {
  abortablePromise,
  bindService,
  createTelemetry,
  f32Values,
  type MeshContext,
  MeshError,
  openStream,
  type RunningServer,
  readTensor,
  sleep,
  startServer,
} from '@osum/mesh';
import { DataType, FinishReason, LanguageDecoder, type Pass, PromptMode, Stage } from '@osum/proto';

/** What a fake decoder prints for a pass: its tokens as text. `speech` is the first sample of the utterance, 0 without speech. */
export type Script = (
  pass: Pass,
  speech: number,
) => readonly (string | { text: string; probability: number })[];

/** A decoder that prints what the test says, over real sessions and real gRPC. */
export interface FakeDecoder {
  readonly address: string;
  readonly server: RunningServer;
  /** Passes of each Generate call so far. */
  readonly calls: { passes: Pass[]; speechRows: number; tenant: string }[];
  /** Sessions that are open. */
  sessions: number;
  script: Script;
  /** Thrown by the next calls before they are admitted, one each. */
  refusals: MeshError[];
  /** Breaks off after so many tokens of each session, with this error. */
  breakOff: { afterTokens: number; error: MeshError } | undefined;
  /** Wait before each token. */
  tokenDelayMs: number;
  finishReason: FinishReason;
}

interface Session {
  deliver(firstSample: number): void;
  lose(error: MeshError): void;
}

/** Starts a {@link FakeDecoder}. */
export async function startFakeDecoder(script: Script, listen = '127.0.0.1:0'): Promise<FakeDecoder> {
  const telemetry = createTelemetry({ name: 'decoder', logLevel: 'silent' });
  const sessions = new Map<string, Session>();
  const state = {
    calls: [] as FakeDecoder['calls'],
    sessions: 0,
    script,
    refusals: [] as MeshError[],
    breakOff: undefined as FakeDecoder['breakOff'],
    tokenDelayMs: 0,
    finishReason: FinishReason.STOP,
  };

  async function* generate(
    { passes, speechRows }: { passes: Pass[]; speechRows: number },
    context: MeshContext,
  ) {
    state.calls.push({ passes, speechRows, tenant: context.tenant });
    const refusal = state.refusals.shift();
    if (refusal) throw refusal;
    const sessionId = randomUUID();
    const hasSpeech = passes.some(({ mode }) => mode !== PromptMode.INTENT);
    const speech = new Promise<number>((deliver, lose) => sessions.set(sessionId, { deliver, lose }));
    speech.catch(() => {});
    state.sessions += 1;
    try {
      const attach = { address: server.address, sessionId, token: 'token' };
      yield { response: { case: 'admitted' as const, value: hasSpeech ? { attach } : {} } };
      const firstSample = hasSpeech ? await abortablePromise(speech, context.signal) : 0;
      let printed = 0;
      for (const [pass, request] of passes.entries()) {
        const tokens = state.script(request, firstSample);
        for (const token of tokens) {
          if (state.breakOff && printed >= state.breakOff.afterTokens) throw state.breakOff.error;
          if (state.tokenDelayMs > 0) await sleep(state.tokenDelayMs, context.signal);
          const { text, probability } = typeof token === 'string' ? { text: token, probability: 1 } : token;
          const logProbability = Math.log(probability);
          yield {
            response: { case: 'delta' as const, value: { pass, tokens: [{ id: 3, text, logProbability }] } },
          };
          printed += 1;
        }
        const value = {
          pass,
          reason: state.finishReason,
          promptTokens: 5,
          generatedTokens: tokens.length + 1,
        };
        yield { response: { case: 'passFinished' as const, value } };
      }
      const report = {
        stage: Stage.DECODER,
        timing: { queueSeconds: 1, computeSeconds: 2, transferSeconds: 0 },
      };
      yield { response: { case: 'finished' as const, value: { speechRows, report } } };
    } finally {
      state.sessions -= 1;
      sessions.delete(sessionId);
    }
  }

  const service = bindService(LanguageDecoder, {
    generate,
    async attach(requests) {
      const { first, rest } = await openStream(requests, 'attach', 'frame');
      const session = sessions.get(first.sessionId);
      if (session === undefined) throw new MeshError('unknownSession', 'no such session');
      try {
        const { tensor } = await readTensor(rest, {
          name: 'speech',
          dtypes: [DataType.F32],
          shape: [1, 1],
          maxBytes: 64,
        });
        session.deliver(f32Values(tensor)[0] ?? 0);
      } catch (error) {
        session.lose(new MeshError('sessionLost', 'the speech broke off'));
        throw error;
      }
      return { report: { stage: Stage.DECODER, timing: { transferSeconds: 0.5 } } };
    },
  });
  const server = await startServer({
    stage: 'decoder',
    listen,
    services: [service],
    telemetry,
    drainGraceMs: 100,
  });
  server.health.set(LanguageDecoder.typeName, true);
  return Object.assign(state, { address: server.address, server });
}
