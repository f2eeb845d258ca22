import { LABELS, type LabelTask, parseTags, printTags } from '@osum/text';
import { z } from 'zod';
import { labelOf } from './label-spellings.js';
import type { Facts } from './reference.js';

/** A line of a labelled manifest: what to ask, and what is true. */
export interface ManifestLine {
  /** Path of the recording, relative to the manifest; absent for an instruction alone. */
  readonly audio?: string;
  /** Begin of the utterance in the recording, in seconds. Absent: the recording's own. */
  readonly start?: number;
  /** End of the utterance in the recording, in seconds. Absent: the recording's own. */
  readonly end?: number;
  readonly instruction?: string;
  readonly tags?: string;
  /** Language of the speech, or of an instruction alone. */
  readonly language?: string;
  /** What sort of an instruction it is, such as `terse`. */
  readonly kind?: string;
  readonly set?: string;
  /** All that the line knows. */
  readonly reference: Facts;
}

const text = z.string().nullish();
const seconds = z.number().nonnegative().nullish();
/** Tags as `<asr><age>`, or as a list of their names. */
const tagsField = z
  .union([z.string(), z.array(z.string())], 'expected tags such as "<asr><age>" or ["asr", "age"]')
  .nullish();

const rawLine = z.looseObject({
  audio: z.string().min(1).nullish(),
  start: seconds,
  end: seconds,
  instruction: text,
  tags: tagsField,
  expectedTags: tagsField,
  text,
  language: text,
  lang: text,
  words: z.array(z.looseObject({ w: z.string(), start: z.number(), end: z.number() })).nullish(),
  gender: text,
  age: z.union([z.string(), z.number()]).nullish(),
  age_label: text,
  emotion: text,
  style: text,
  caption: text,
  event: text,
  chat: z.looseObject({ intent: z.string().min(1) }).nullish(),
  set: z.string().min(1).nullish(),
  kind: text,
});
type RawLine = z.infer<typeof rawLine>;

/** A fault of one field. */
class FieldError extends Error {
  constructor(
    readonly field: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Reads a line of a labelled manifest. Accepts its own fields, those of the training data's manifests (`age_label`, `event`,
 * labels in small letters), and those of lists of instructions (`text`, `tags` and `lang` without `audio`).
 */
export const manifestLineSchema: z.ZodType<ManifestLine> = rawLine.transform((raw, context) => {
  try {
    return lineOf(raw);
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    context.issues.push({ code: 'custom', path: [error.field], message: error.message, input: raw });
    return z.NEVER;
  }
});

function lineOf(raw: RawLine): ManifestLine {
  const { audio, start, end, kind, set } = raw;
  const language = raw.language ?? raw.lang;
  const common = {
    ...(language != null && { language }),
    ...(kind != null && { kind }),
    ...(set != null && { set }),
  };
  if (audio == null) return { ...common, ...instructionAlone(raw) };
  if (raw.instruction != null && raw.tags != null) {
    throw new FieldError('instruction', 'give either `instruction` or `tags`, not both');
  }
  if (start != null && end != null && end <= start) {
    throw new FieldError('end', `expected a time after the start at ${start} s, got ${end} s`);
  }
  const expected = optionalTags('expectedTags', raw.expectedTags);
  if (expected !== undefined && raw.instruction == null) {
    throw new FieldError('expectedTags', 'these are the tags that an `instruction` means, and there is none');
  }
  const tags = optionalTags('tags', raw.tags);
  if (tags === '') throw new FieldError('tags', 'expected at least one tag');
  const reference = { ...referenceOf(raw), ...(expected !== undefined && { intent: expected }) };
  if (Object.keys(reference).length === 0) {
    throw new FieldError(
      'audio',
      'nothing is known about it: expected `text`, `words`, `gender`, `age`, `emotion`, `style`, `caption` or `chat`',
    );
  }
  return {
    ...common,
    audio,
    ...(start != null && { start }),
    ...(end != null && { end }),
    ...(raw.instruction != null && { instruction: raw.instruction }),
    ...(tags !== undefined && { tags }),
    reference,
  };
}

function instructionAlone(raw: RawLine): Pick<ManifestLine, 'instruction' | 'reference'> {
  const instruction = raw.instruction ?? raw.text;
  const intent =
    optionalTags('expectedTags', raw.expectedTags) ??
    (raw.instruction == null ? optionalTags('tags', raw.tags) : undefined);
  if (instruction == null || intent === undefined) {
    throw new FieldError(
      'audio',
      'expected a recording, or without one `instruction` and `expectedTags` (`text` and `tags` in a list of instructions)',
    );
  }
  return { instruction, reference: { intent } };
}

function referenceOf(raw: RawLine): Facts {
  const { text, words, chat } = raw;
  const labels: [LabelTask, keyof RawLine & string][] = [
    ['caption', raw.caption == null ? 'event' : 'caption'],
    // Years are a fact about the speaker, not a label.
    ['age', typeof raw.age === 'string' ? 'age' : 'age_label'],
    ['gender', 'gender'],
    ['style', 'style'],
    ['emotion', 'emotion'],
  ];
  return {
    ...(text != null && { asr: text }),
    ...(words != null && { align: words.map(({ w, start, end }) => ({ w, start, end })) }),
    ...(chat != null && { chat: chat.intent }),
    ...Object.fromEntries(
      labels.flatMap(([task, field]) => {
        const printed = raw[field];
        const label = typeof printed === 'string' ? knownLabel(task, field, printed) : undefined;
        return label === undefined ? [] : [[task, label]];
      }),
    ),
  };
}

function knownLabel(task: LabelTask, field: string, printed: string): string | undefined {
  const found = labelOf(task, printed);
  if (found !== null) return found;
  throw new FieldError(field, `"${printed}" is no label: expected ${LABELS[task].join(', ')}`);
}

/** Tags in one spelling, '' for none at all; undefined if the field is absent. */
function optionalTags(
  field: string,
  value: string | readonly string[] | null | undefined,
): string | undefined {
  if (value == null) return undefined;
  if (value.length === 0) return '';
  try {
    return printTags(
      parseTags(typeof value === 'string' ? value : value.map((name) => `<${name}>`).join('')),
    );
  } catch (error) {
    throw new FieldError(field, (error as Error).message);
  }
}
