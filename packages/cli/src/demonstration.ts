import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OsumClient } from '@osum/client';
import colors from 'picocolors';
import { mergeUtterances } from './render/merge-utterances.js';
import { resultLines, timingLine } from './render/result-text.js';

const { bold, red } = colors;

/** One question about one shipped recording. */
interface Question {
  recording: string;
  instruction: string;
}

const recordings = fileURLToPath(new URL('../../../test/recordings/', import.meta.url));

const questions: readonly Question[] = [
  { recording: 'hold-fast.ogg', instruction: 'Please write down what is said in this recording.' },
  {
    recording: 'a-peaceful-night.ogg',
    instruction: '这段音频里说的啥，能不能告诉我，还有说话的人是男是女？',
  },
  { recording: 'hold-fast.ogg', instruction: 'Is the speaker a man or a woman, and how old do they sound?' },
];

/**
 * Asks different instructions of different shipped recordings, and prints the typed answers with a timing per stage.
 *
 * @returns whether every question was answered.
 */
export async function runDemonstration(client: OsumClient, signal: AbortSignal): Promise<boolean> {
  let allAnswered = true;
  for (const { recording, instruction } of questions) {
    signal.throwIfAborted();
    console.log(`\n${bold(`“${instruction}”`)}  ${basename(recording)}`);
    try {
      const { plan, utterances } = await client.understand(
        { audio: `${recordings}${recording}`, instruction },
        { signal },
      );
      console.log(`  ${'plan'.padEnd(12)}${plan.tags}  ${(plan.score * 100).toFixed(0)} % certain`);
      for (const line of resultLines(utterances)) console.log(line);
      console.log(timingLine(mergeUtterances(utterances)));
    } catch (error) {
      signal.throwIfAborted();
      allAnswered = false;
      console.log(red(`  ${(error as Error).message}`));
    }
  }
  return allAnswered;
}
