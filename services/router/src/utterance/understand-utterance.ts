import { type MeshContext, MeshError, RemoteError } from '@osum/mesh';
import { type Manifest, speechPositionsFromSamples } from '@osum/nn';
import type { GenerationOptions } from '@osum/proto';
import type { Label } from '@osum/text';
import type { Plan } from '../plan/plan.js';
import type { RouterMetrics } from '../router-metrics.js';
import { attemptUtterance, type Pools } from './attempt.js';
import { createPassReader, type ResultEventInit } from './pass-reader.js';
import { passRequests } from './pass-requests.js';
import { createRecovery } from './recovery.js';
import { isTagMismatch, type ResultParts, resultOf } from './result.js';
import type { ResultInit } from './task-parts.js';
import { startSecondsOf, type Utterance } from './utterance.js';

/** What understanding an utterance needs. */
export interface UtteranceDependencies {
  readonly manifest: Manifest;
  readonly pools: Pools;
  readonly metrics: RouterMetrics;
}

/** How an utterance is to be understood. */
export interface UtteranceWish {
  readonly plan: Plan;
  readonly generation: Partial<GenerationOptions> | undefined;
  /** Whether to wait out an overloaded decoder instead of failing with its refusal. */
  readonly patient: boolean;
}

/** What comes of an utterance: admission, events, and its result as the last. */
export type UtteranceMessage =
  | { readonly type: 'admitted' }
  | { readonly type: 'event'; readonly pass: number; readonly event: ResultEventInit }
  | { readonly type: 'result'; readonly result: ResultInit };

/**
 * Understands one utterance. While nothing was printed, a failure that may well not happen elsewhere is answered by one further
 * attempt on other instances. If some passes are over when the session breaks, the others' tasks carry the failure; otherwise it is
 * thrown.
 */
export async function* understandUtterance(
  utterance: Utterance,
  wish: UtteranceWish,
  { manifest, pools, metrics }: UtteranceDependencies,
  context: MeshContext,
): AsyncGenerator<UtteranceMessage, void, undefined> {
  const { plan } = wish;
  const beganMs = performance.now();
  const request = {
    model: manifest.name,
    samples: utterance.samples,
    passes: passRequests(plan, manifest, wish.generation),
    speechRows: speechPositionsFromSamples(utterance.samples.length, manifest.adapter.strides),
  };
  const isUntrained = ({ task, label }: Label) =>
    label !== undefined && (manifest.tasks[task]?.untrainedLabels ?? []).includes(label);
  const used = new Set<string>();
  const recovery = createRecovery(context, { patient: wish.patient, metrics, used });
  let announced = false;

  while (true) {
    const readers = plan.passes.map((pass) =>
      createPassReader(pass, { offsetSeconds: startSecondsOf(utterance), isUntrained }),
    );
    const finish = (more: Pick<ResultParts, 'finished' | 'reports' | 'failure'>): UtteranceMessage => {
      const outcomes = readers.map((reader) => reader.outcome());
      for (const outcome of outcomes) if (isTagMismatch(outcome)) metrics.tagMismatch(outcome.pass.tags);
      const totalSeconds = (performance.now() - beganMs) / 1000;
      const trainedSeconds = manifest.audio.maxSeconds;
      const parts = { utterance, plan, outcomes, isUntrained, totalSeconds, trainedSeconds, ...more };
      return { type: 'result', result: resultOf(parts) };
    };
    let printed = false;
    let answered = false;
    try {
      for await (const event of attemptUtterance(request, pools, context, used)) {
        if (event.type === 'admitted') {
          if (!announced) yield { type: 'admitted' };
          announced = true;
        } else if (event.type === 'finished') {
          // Read on to the end of the stream, or the call would count as cancelled.
          answered = true;
          yield finish({ finished: event.finished, reports: event.reports, failure: undefined });
        } else {
          const pass = event.type === 'tokens' ? event.pass : event.finished.pass;
          const reader = readers[pass]!;
          const events =
            event.type === 'tokens' ? reader.tokens(event.tokens) : reader.finish(event.finished);
          printed ||= events.length > 0;
          for (const resultEvent of events) yield { type: 'event', pass, event: resultEvent };
        }
      }
      if (answered) return;
      throw new MeshError('internal', 'The decoder ended the session without saying so.');
    } catch (error) {
      if (answered) return;
      if (!printed && (await recovery.tryAgain(error))) continue;
      const someFinished = readers.some((reader) => reader.outcome().finished !== undefined);
      if (!(error instanceof RemoteError) || context.signal.aborted || !someFinished) throw error;
      yield finish({ finished: undefined, reports: [], failure: `${error.path}: ${error.details}` });
      return;
    }
  }
}
