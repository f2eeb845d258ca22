import { createOsumClient, type OsumClient } from '@osum/client';
import { recordings } from './shipped.js';

/** How a call went. */
export interface Outcome {
  readonly recording: string;
  /** The transcript; undefined if the call failed. */
  readonly transcript: string | undefined;
  readonly error: unknown;
  /** Whether anything came back, the plan included. */
  readonly answered: boolean;
  /** Whether anything came back that the model had printed. */
  readonly printed: boolean;
}

/** Calls made one after the other in several lanes. */
export interface Load {
  /** Waits until so many calls that begin from now on are over. */
  more(calls: number): Promise<void>;
  /** Lets the calls under way end, and begins no more. */
  stop(): Promise<readonly Outcome[]>;
}

const tags = '<asr>';

/** Asks the mesh about recordings, `lanes` at a time, with a client that repeats nothing: what fails, fails. */
export function startLoad(address: string, lanes: number): Load {
  const client = createOsumClient({ address, retry: { attempts: 1 } });
  const outcomes: Outcome[] = [];
  const waiting = new Set<(number: number) => void>();
  let begun = 0;
  let stopping = false;

  const lane = async () => {
    while (!stopping) {
      const number = begun++;
      outcomes.push(await ask(client, recordings[number % recordings.length]!));
      for (const over of waiting) over(number);
    }
  };
  const running = Promise.all(Array.from({ length: lanes }, lane));
  return {
    more(calls) {
      const first = begun;
      let left = calls;
      return new Promise((resolve) => {
        const over = (number: number) => {
          if (number < first || --left > 0) return;
          waiting.delete(over);
          resolve();
        };
        waiting.add(over);
      });
    },
    async stop() {
      stopping = true;
      await running;
      client.close();
      return outcomes;
    },
  };
}

/** One call. */
export async function ask(client: OsumClient, recording: string): Promise<Outcome> {
  let answered = false;
  let printed = false;
  let transcript: string | undefined;
  try {
    for await (const event of client.stream({ audio: recording, tags })) {
      answered = true;
      if (event.case === 'result') transcript = event.value.result?.transcript?.text ?? '';
      printed ||= event.case === 'event' || event.case === 'result';
    }
    return { recording, transcript, error: undefined, answered, printed };
  } catch (error) {
    return { recording, transcript: undefined, error, answered, printed };
  }
}
