import { linkSignals, type MeshContext } from '@osum/mesh';
import type { Plan } from '../plan/plan.js';
import { type UtteranceDependencies, understandUtterance } from '../utterance/understand-utterance.js';
import type { Utterance } from '../utterance/utterance.js';

/** Transcribes the open utterance of a live stream again and again. */
export interface LivePartials {
  /** Transcribes what there is of the open utterance, and gives the words to `onText`; does nothing while the last time goes on. */
  transcribe(open: Utterance, onText: (text: string) => void): void;
  /** The utterance is closed: what goes on is given up. */
  stop(): void;
}

/**
 * See {@link LivePartials}.
 *
 * @param plan Transcribes in one pass; null, and there are no partials, if the wish or the package has no transcript.
 */
export function createLivePartials(
  plan: Plan | null,
  dependencies: UtteranceDependencies,
  context: MeshContext,
): LivePartials {
  let running: AbortController | undefined;

  const run = async (
    open: Utterance,
    transcript: Plan,
    controller: AbortController,
    onText: (text: string) => void,
  ) => {
    const linked = linkSignals(context.signal, controller.signal);
    try {
      const wish = { plan: transcript, generation: undefined, patient: false };
      const partial = { ...context, signal: linked.signal };
      for await (const message of understandUtterance(open, wish, dependencies, partial)) {
        const text = message.type === 'result' ? message.result.transcript?.text : undefined;
        if (text !== undefined && text !== '' && !controller.signal.aborted) onText(text);
      }
    } catch (error) {
      // The next partial, or the result, makes up for it.
      if (!linked.signal.aborted) context.log.debug({ err: error }, 'a partial result was left out');
    } finally {
      linked.unlink();
      if (running === controller) running = undefined;
    }
  };

  return {
    transcribe(open, onText) {
      if (plan === null || running !== undefined) return;
      running = new AbortController();
      void run(open, plan, running, onText);
    },
    stop() {
      running?.abort(new Error('the utterance is closed'));
      running = undefined;
    },
  };
}
