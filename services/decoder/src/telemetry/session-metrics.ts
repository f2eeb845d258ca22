import { counter, type Telemetry } from '@osum/mesh';
import type { Manifest } from '@osum/nn';
import { createStageMetrics } from '@osum/stage';
import { reasonName, reasonNames } from '../finish-reasons.js';
import type { GenerateResponseInit } from '../generate.js';

/** Encoder positions of a second of audio. */
const POSITIONS_PER_SECOND = 50;
/** Speech rows that stand for no audio: begin and end. */
const MARK_ROWS = 2;

/** Counts what sessions take in and give out, by the messages that they send. */
export interface SessionMetrics {
  sent(message: GenerateResponseInit): void;
}

/** The metrics of Generate, in the registry of `telemetry`. */
export function createSessionMetrics(telemetry: Telemetry, { adapter }: Manifest): SessionMetrics {
  const stage = createStageMetrics(telemetry, 'decoder');
  const rowsPerSecond =
    POSITIONS_PER_SECOND / adapter.strides.reduce((product, stride) => product * stride, 1);
  const tokens = counter(telemetry, {
    name: 'osum_decoder_tokens_total',
    help: 'Tokens by kind: prompt (text), speech (rows of embeddings), generated.',
    labelNames: ['kind'],
  });
  const passes = counter(telemetry, {
    name: 'osum_decoder_passes_total',
    help: 'Decoding passes that ended, by reason: stop, length at the limit on new tokens, repetition of the same tokens.',
    labelNames: ['reason'],
  });
  for (const kind of ['prompt', 'speech', 'generated']) tokens.inc({ kind }, 0);
  for (const reason of reasonNames) passes.inc({ reason }, 0);
  return {
    sent({ response }) {
      if (response?.case === 'delta') {
        tokens.inc({ kind: 'generated' }, response.value.tokens?.length ?? 0);
      } else if (response?.case === 'passFinished') {
        const { reason, promptTokens = 0 } = response.value;
        passes.inc({ reason: reasonName(reason) });
        tokens.inc({ kind: 'prompt' }, promptTokens);
      } else if (response?.case === 'finished') {
        const { speechRows = 0, report } = response.value;
        const { queueSeconds = 0, computeSeconds = 0 } = report?.timing ?? {};
        tokens.inc({ kind: 'speech' }, speechRows);
        stage.answered({ queue: queueSeconds, compute: computeSeconds, copy: 0 });
        stage.computed(Math.max(0, speechRows - MARK_ROWS) / rowsPerSecond, computeSeconds);
      }
    },
  };
}
