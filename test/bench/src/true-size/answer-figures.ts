import { type PlannedModel, stepReadBytes } from '@osum/nn';
import type { Figure } from '../figure.js';
import type { MachinePeaks } from './machine-peaks.js';
import { prefillOperations, stageOperations } from './stage-work.js';
import type { TimedAnswer } from './timed-answer.js';

/**
 * Where the time of an answer went, and what of the machine's peaks was used. The first `systemPositions` of a prompt are
 * computed once for all sessions, and are no part of what the decoder reports of one.
 */
export function answerFigures(
  model: PlannedModel,
  { result, wallSeconds, firstTextSeconds, tokenSeconds }: TimedAnswer,
  peaks: MachinePeaks,
  systemPositions: number,
): Figure[] {
  const { timings, usage } = result;
  if (timings === undefined || usage === undefined) throw new Error('the result holds no timings');
  const { features, encoder, adapter, decoder } = timings;
  const compute = { features, encoder, adapter, decoder };
  const operations = stageOperations(model, usage.audioSeconds);
  const positions = usage.promptTokens + usage.speechRows;
  const decodeSeconds = (usage.generatedTokens - 1) * tokenSeconds;
  const prefillSeconds = (decoder?.computeSeconds ?? Number.NaN) - decodeSeconds;
  const readBytes = stepReadBytes(model, model.weights, 1, positions + usage.generatedTokens / 2);
  const ofPeak = (work: number, seconds: number): number =>
    (work / seconds / peaks.operationsPerSecond) * 100;
  const seconds = (name: string, value: number): Figure => ({ name, value, unit: 's' });
  const share = (name: string, value: number): Figure => ({ name, value, unit: '% of the matmul peak' });
  return [
    seconds('from the request to the result', wallSeconds),
    seconds('from the request to the first text', firstTextSeconds),
    ...Object.entries(compute).map(([stage, timing]) =>
      seconds(`${stage}, compute`, timing?.computeSeconds ?? Number.NaN),
    ),
    share('encoder', ofPeak(operations.encoder, encoder?.computeSeconds ?? Number.NaN)),
    share('adapter', ofPeak(operations.adapter, adapter?.computeSeconds ?? Number.NaN)),
    seconds(`${positions - systemPositions} positions of the prompt`, prefillSeconds),
    share(
      'prompt',
      ofPeak(prefillOperations(model, positions) - prefillOperations(model, systemPositions), prefillSeconds),
    ),
    { name: 'tokens', value: usage.generatedTokens, unit: 'tokens' },
    { name: 'decoding', value: 1 / tokenSeconds, unit: 'tokens/s' },
    { name: 'read for a token', value: readBytes / 1e9, unit: 'GB' },
    {
      name: 'decoding',
      value: (readBytes / tokenSeconds / peaks.readBytesPerSecond) * 100,
      unit: '% of the memory bandwidth',
    },
  ];
}
