import { isMissingLabel, normaliseLabel } from '../labels.js';
import { printTags, taskOfTag } from '../tags.js';
import { isLabelTask, type LabelTask, type Task } from '../tasks.js';
import { AlignmentReader, parseTimes } from './alignment-reader.js';
import { BracketLexer, type Lexeme } from './bracket-lexer.js';
import type { Label, Malformed, OutputEvent, ParsedOutput, Word } from './output-events.js';
import { TrimmedText } from './trimmed-text.js';

/** Between transcript and reply of `<asr><chat>`. */
const REPLY_SEPARATOR = '开始回答';
const THINK_START = 'think';
const THINK_END = 'think end';

type Bracket = Extract<Lexeme, { kind: 'bracket' }>;
type Section = 'tags' | 'transcript' | 'alignment' | 'labels' | 'reply' | 'thinking';

export interface OutputParserOptions {
  /** The tasks of the plan: how to read output that prints no tags. */
  readonly expected?: readonly Task[];
}

/**
 * Reads one pass's output while it is printed: `tags [transcript] [labels]`, with words and times for `align`
 * and a reply for `chat`. Source: the model reference, section 7. Nothing makes it throw: what does not fit
 * becomes a `malformed` event.
 */
export class OutputParser {
  readonly #expected: readonly Task[];
  readonly #lexer = new BracketLexer();
  readonly #alignment = new AlignmentReader();
  readonly #transcript = new TrimmedText();
  readonly #reply = new TrimmedText();
  readonly #thinking = new TrimmedText();
  readonly #words: Word[] = [];
  readonly #labels: Label[] = [];
  readonly #malformed: Malformed[] = [];
  readonly #printed: Task[] = [];
  #section: Section = 'tags';
  #tasks: readonly Task[] = [];
  /** The label tasks that have no answer yet, in tag order. */
  #openLabels: LabelTask[] = [];
  /** Text where a label is expected: a label printed without its brackets. */
  #bareText = '';
  #raw = '';
  #sawReply = false;
  #sawThinking = false;
  #events: OutputEvent[] = [];

  constructor({ expected = [] }: OutputParserOptions = {}) {
    this.#expected = expected;
  }

  /**
   * Reads the text that one token printed (empty for a token that completes no character).
   * @param logProb natural log of the token's probability; omit where unknown.
   */
  push(delta: string, logProb?: number): OutputEvent[] {
    this.#raw += delta;
    for (const lexeme of this.#lexer.push(delta, logProb)) this.#read(lexeme);
    return this.#takeEvents();
  }

  /** Ends the output. */
  finish(): { readonly events: OutputEvent[]; readonly result: ParsedOutput } {
    for (const lexeme of this.#lexer.finish()) this.#read(lexeme);
    if (this.#section === 'tags') this.#endTags();
    this.#endAlignment();
    this.#endBareText();
    return { events: this.#takeEvents(), result: this.#result() };
  }

  #read(lexeme: Lexeme): void {
    if (this.#section === 'tags' && this.#readTag(lexeme)) return;
    if (lexeme.kind === 'bracket') this.#readBracket(lexeme);
    else this.#readText(lexeme.text);
  }

  /** True where the lexeme belongs to the tags; otherwise the tags have ended. */
  #readTag(lexeme: Lexeme): boolean {
    if (lexeme.kind === 'text' && lexeme.text.trim() === '') return true;
    const task = lexeme.kind === 'bracket' ? taskOfTag(lexeme.inner) : undefined;
    if (task !== undefined && !this.#printed.includes(task)) {
      this.#printed.push(task);
      return true;
    }
    this.#endTags();
    return false;
  }

  #endTags(): void {
    this.#tasks = this.#printed.length > 0 ? this.#printed : this.#expected;
    this.#openLabels = this.#tasks.filter(isLabelTask);
    this.#emit({ type: 'tags', tags: printTags(this.#printed), tasks: this.#tasks });
    const has = (task: Task) => this.#tasks.includes(task);
    if (has('align')) this.#section = 'alignment';
    else if (has('asr')) this.#section = 'transcript';
    else if (has('chat') && this.#openLabels.length === 0) this.#section = 'reply';
    else this.#section = 'labels';
  }

  #readText(text: string): void {
    if (this.#section === 'alignment') {
      this.#alignment.text(text);
    } else if (this.#section === 'transcript') {
      this.#emitDelta('transcriptDelta', this.#transcript.append(text));
    } else if (this.#section === 'thinking') {
      this.#emitDelta('thinkDelta', this.#thinking.append(text));
    } else if (this.#section === 'reply' || this.#startsReply(text)) {
      this.#section = 'reply';
      this.#sawReply = true;
      this.#emitDelta('replyDelta', this.#reply.append(text));
    } else {
      this.#bareText += text;
    }
  }

  /** After the last label of a task set with `chat`, text is the reply even without a separator. */
  #startsReply(text: string): boolean {
    return this.#tasks.includes('chat') && this.#openLabels.length === 0 && text.trim() !== '';
  }

  #readBracket(bracket: Bracket): void {
    if (this.#tasks.includes('chat') && this.#readChatMarker(bracket.inner)) return;
    const times = this.#section === 'alignment' ? parseTimes(bracket.inner) : undefined;
    if (this.#inReply) this.#readText(bracket.raw);
    else if (times !== undefined) this.#readAlignment(this.#alignment.times(times));
    else this.#readLabel(bracket);
  }

  /** True where the bracket opens or closes the reasoning, or separates transcript and reply. */
  #readChatMarker(inner: string): boolean {
    if (inner === THINK_START || inner === THINK_END) {
      this.#sawThinking = true;
    } else if (inner !== REPLY_SEPARATOR || this.#inReply) {
      return false;
    }
    this.#endBareText();
    this.#endAlignment();
    this.#section = inner === THINK_START ? 'thinking' : 'reply';
    return true;
  }

  get #inReply(): boolean {
    return this.#section === 'reply' || this.#section === 'thinking';
  }

  /**
   * Reads a label for the next open task; where it is a word of a later one, that task's answer came out of
   * order.
   */
  #readLabel({ inner, raw, probability }: Bracket): void {
    this.#endBareText();
    const next = this.#openLabels[0];
    if (next === undefined) {
      this.#emitMalformed(raw, 'no further label was asked for');
      return;
    }
    this.#endAlignment();
    this.#section = 'labels';

    const task = this.#openLabels.find((open) => normaliseLabel(open, inner) !== undefined) ?? next;
    const label = normaliseLabel(task, inner);
    this.#openLabels = this.#openLabels.filter((open) => open !== task);
    this.#emitLabel({
      task,
      raw: inner,
      ...(label === undefined ? {} : { label }),
      ...(probability === undefined ? {} : { confidence: probability }),
    });
    if (task !== next) this.#emitMalformed(raw, `expected the label of <${next}> here`);
    else if (label === undefined && !isMissingLabel(inner))
      this.#emitMalformed(raw, `unknown label of <${task}>`);
  }

  /**
   * Accepts text in a label's place that is a label without its brackets; anything else does not belong
   * there.
   */
  #endBareText(): void {
    const raw = this.#bareText.trim();
    this.#bareText = '';
    if (raw === '') return;
    const task = this.#openLabels[0];
    const label = task === undefined ? undefined : normaliseLabel(task, raw);
    if (task === undefined || label === undefined) {
      this.#emitMalformed(
        raw,
        task === undefined ? 'text after the last label' : 'text where a label was expected',
      );
    } else {
      this.#openLabels = this.#openLabels.slice(1);
      this.#emitLabel({ task, label, raw });
    }
  }

  #endAlignment(): void {
    this.#readAlignment(this.#alignment.finish());
  }

  #readAlignment(items: ReturnType<AlignmentReader['finish']>): void {
    for (const item of items) {
      if ('malformed' in item) {
        this.#emitMalformed(item.malformed.raw, item.malformed.reason);
        continue;
      }
      const { word } = item;
      const space = needsSpaceBetween(this.#transcript.value, word.text) ? ' ' : '';
      this.#emitDelta('transcriptDelta', this.#transcript.append(space + word.text));
      this.#words.push(word);
      this.#emit({ type: 'word', ...word });
    }
  }

  #result(): ParsedOutput {
    const hasTranscript = this.#tasks.includes('asr') || this.#tasks.includes('align');
    return {
      raw: this.#raw,
      tags: printTags(this.#printed),
      tasks: this.#tasks,
      ...(hasTranscript ? { transcript: this.#transcript.value } : {}),
      words: this.#words,
      labels: this.#labels,
      ...(this.#sawReply ? { reply: this.#reply.value } : {}),
      ...(this.#sawThinking ? { thinking: this.#thinking.value } : {}),
      malformed: this.#malformed,
    };
  }

  #emitDelta(type: 'transcriptDelta' | 'thinkDelta' | 'replyDelta', text: string): void {
    if (text !== '') this.#emit({ type, text });
  }

  #emitLabel(label: Label): void {
    this.#labels.push(label);
    this.#emit({ type: 'label', ...label });
  }

  #emitMalformed(raw: string, reason: string): void {
    this.#malformed.push({ raw, reason });
    this.#emit({ type: 'malformed', raw, reason });
  }

  #emit(event: OutputEvent): void {
    this.#events.push(event);
  }

  #takeEvents(): OutputEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

/** Words of alphabetic scripts are separated by spaces, Chinese and Japanese characters are not. */
function needsSpaceBetween(before: string, after: string): boolean {
  const joined = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]$/u.test(before);
  return before !== '' && !joined && !/^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(after);
}
