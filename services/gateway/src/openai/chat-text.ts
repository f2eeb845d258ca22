import { answerText } from '../answer-text.js';
import type { UnderstandingEvent } from '../understanding.js';

/** Turns the events of an answer into the text of a chat message, piece by piece. */
export type ChatText = (event: UnderstandingEvent) => string;

/**
 * Each utterance's answer on a line of its own. Its first text (the transcript, or the reply where no transcript is wanted) is given
 * as the model prints it, the rest once the utterance is over: passes over one utterance print at the same time.
 */
export function createChatText(): ChatText {
  let liveCase: 'transcriptDelta' | 'replyDelta' = 'transcriptDelta';
  let isEmpty = true;
  let printed = '';
  const onNewLine = (piece: string) => {
    const line = printed === '' && !isEmpty && piece !== '' ? `\n${piece}` : piece;
    if (piece !== '') isEmpty = false;
    return line;
  };
  return (event) => {
    if (event.case === 'plan') {
      liveCase = /<(asr|align)>/.test(event.value.tags) ? 'transcriptDelta' : 'replyDelta';
    }
    if (event.case === 'event' && event.value.event.case === liveCase) {
      const piece = onNewLine(event.value.event.value);
      printed += event.value.event.value;
      return piece;
    }
    if (event.case !== 'result') return '';
    const piece = onNewLine(answerText(event.value.result).slice(printed.length));
    printed = '';
    return piece;
  };
}
