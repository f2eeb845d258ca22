import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OSUM_PANGU_COMBINATIONS } from '../combinations.js';
import { LABELS } from '../labels.js';
import { parseTags } from '../tags.js';
import { isLabelTask, type Task } from '../tasks.js';
import type { OutputEvent, ParsedOutput } from './output-events.js';
import { OutputParser } from './output-parser.js';

/** Parses a whole output in steps of `size` UTF-16 units. */
function parse(
  raw: string,
  { expected = [] as Task[], size = 1 } = {},
): ParsedOutput & { events: OutputEvent[] } {
  const parser = new OutputParser({ expected });
  const events: OutputEvent[] = [];
  for (let i = 0; i < raw.length; i += size) events.push(...parser.push(raw.slice(i, i + size)));
  const { events: last, result } = parser.finish();
  return { ...result, events: [...events, ...last] };
}

const labelsOf = ({ labels }: ParsedOutput) => labels.map(({ task, label }) => [task, label]);

test("the paper's example: tags, transcript, label", () => {
  const output = parse('<asr><age>Hello everyone I am Pangu<ADULT>');
  assert.equal(output.tags, '<asr><age>');
  assert.equal(output.transcript, 'Hello everyone I am Pangu');
  assert.deepEqual(labelsOf(output), [['age', 'ADULT']]);
  assert.deepEqual(output.malformed, []);
  assert.equal(output.reply, undefined);
});

test('events come while the text is printed, and the transcript deltas join to the transcript', () => {
  const { events, transcript } = parse('<asr><style>各位听众 晚上好 <新闻科普>', { size: 3 });
  assert.deepEqual(
    events.map(({ type }) => type).filter((type, i, all) => type !== all[i - 1]),
    ['tags', 'transcriptDelta', 'label'],
  );
  const deltas = events.flatMap((event) => (event.type === 'transcriptDelta' ? [event.text] : []));
  assert.ok(deltas.length > 1);
  assert.equal(deltas.join(''), '各位听众 晚上好');
  assert.equal(transcript, '各位听众 晚上好');
});

test('labels follow the order of the tags', () => {
  const output = parse(
    '<asr><caption><age><gender><emotion><style>你好<OTHER><ADULT><FEMALE><NEUTRAL><日常口语>',
  );
  assert.equal(output.transcript, '你好');
  assert.deepEqual(labelsOf(output), [
    ['caption', 'OTHER'],
    ['age', 'ADULT'],
    ['gender', 'FEMALE'],
    ['emotion', 'NEUTRAL'],
    ['style', '日常口语'],
  ]);
});

test('all 22 combinations parse to what was printed, in steps of any size', () => {
  for (const tags of OSUM_PANGU_COMBINATIONS) {
    const tasks = parseTags(tags);
    const attributes = tasks.filter(isLabelTask);
    const spoken = tasks.includes('align') ? 'so<0.1, 0.4>it<0.4, 0.5>goes<0.5, 1>' : 'so it goes';
    const transcript = tasks.includes('asr') ? spoken : '';
    const reply = tasks.includes('chat') ? `${tasks.includes('asr') ? '<开始回答>' : ''}it does` : '';
    const printed = `${tags}${transcript}${attributes.map((task) => `<${LABELS[task].at(-1)}>`).join('')}${reply}`;
    for (const size of [1, 2, 5, printed.length]) {
      const output = parse(printed, { size });
      assert.equal(output.tags, tags);
      assert.equal(output.transcript, tasks.includes('asr') ? 'so it goes' : undefined, tags);
      assert.equal(output.reply, tasks.includes('chat') ? 'it does' : undefined, tags);
      assert.deepEqual(
        labelsOf(output),
        attributes.map((task) => [task, LABELS[task].at(-1)]),
      );
      assert.deepEqual(output.malformed, []);
      assert.equal(output.raw, printed);
    }
  }
});

test("a label's confidence is the product of the probabilities of its tokens, silent ones included", () => {
  const parser = new OutputParser();
  const half = Math.log(0.5);
  for (const [text, logProb] of [
    ['<gender>', -5],
    ['<', half],
    ['', half],
    ['FE', half],
    ['MALE>', half],
  ] as const) {
    parser.push(text, logProb);
  }
  const { result } = parser.finish();
  assert.ok(Math.abs(result.labels[0]!.confidence! - 0.0625) < 1e-12);
});

test('a label whose tokens have no probabilities has no confidence', () => {
  assert.equal('confidence' in parse('<gender><MALE>').labels[0]!, false);
});

test('an answer with chat: separator, reply, brackets inside of the reply kept', () => {
  const output = parse('<asr><chat>how are you<开始回答> fine, 1 < 2 <b>and</b> you? ');
  assert.equal(output.transcript, 'how are you');
  assert.equal(output.reply, 'fine, 1 < 2 <b>and</b> you?');
  assert.deepEqual(output.malformed, []);
});

test('reasoning between think markers is kept apart from the reply', () => {
  const output = parse('<chat><think>she sounds sad<think end>I am sorry to hear that.');
  assert.equal(output.thinking, 'she sounds sad');
  assert.equal(output.reply, 'I am sorry to hear that.');
});

test('a chat without its separator has no reply', () => {
  const output = parse('<asr><chat>how are you');
  assert.equal(output.transcript, 'how are you');
  assert.equal(output.reply, undefined);
});

test('output without tags is read by the expected tasks and says that no tag was printed', () => {
  const output = parse('hello<MALE>', { expected: ['asr', 'gender'] });
  assert.equal(output.tags, '');
  assert.deepEqual(output.tasks, ['asr', 'gender']);
  assert.equal(output.transcript, 'hello');
  assert.deepEqual(labelsOf(output), [['gender', 'MALE']]);
});

test('printed tags win over expected ones', () => {
  const output = parse('<emotion><HAPPY>', { expected: ['gender'] });
  assert.deepEqual(output.tasks, ['emotion']);
  assert.deepEqual(labelsOf(output), [['emotion', 'HAPPY']]);
});

test('an immediate end of a transcript is an empty transcript', () => {
  assert.equal(parse('<asr>').transcript, '');
  assert.deepEqual(parse('<asr>').malformed, []);
});

test('odd labels: lenient spelling, no brackets, missing, unknown, out of order, too many', () => {
  assert.deepEqual(labelsOf(parse('<caption><Throat Clearing>')), [['caption', 'THROAT_CLEARING']]);
  assert.deepEqual(labelsOf(parse('<gender>FEMALE')), [['gender', 'FEMALE']]);
  const missing = parse('<gender><NONE>');
  assert.deepEqual(missing.labels, [{ task: 'gender', raw: 'NONE' }]);
  assert.deepEqual(missing.malformed, []);
  const unknown = parse('<emotion><age><BORED><CHILD>');
  assert.deepEqual(labelsOf(unknown), [
    ['emotion', undefined],
    ['age', 'CHILD'],
  ]);
  assert.deepEqual(unknown.malformed, [{ raw: '<BORED>', reason: 'unknown label of <emotion>' }]);
  const swapped = parse('<age><gender><MALE><CHILD>');
  assert.deepEqual(labelsOf(swapped), [
    ['gender', 'MALE'],
    ['age', 'CHILD'],
  ]);
  assert.equal(swapped.malformed.length, 1);
  const extra = parse('<asr>hello<MALE>there');
  assert.equal(extra.transcript, 'hellothere');
  assert.deepEqual(extra.malformed, [{ raw: '<MALE>', reason: 'no further label was asked for' }]);
});

test('a bracket that never closes is text, and long output is not held back for it', () => {
  assert.equal(parse('<asr>3 < 4 and so on').transcript, '3 < 4 and so on');
  const parser = new OutputParser();
  const events = parser.push(`<asr>a <${'x'.repeat(100)}`);
  assert.ok(events.some((event) => event.type === 'transcriptDelta' && event.text.includes('xxx')));
});

test('nothing makes the parser throw, and nothing printed is lost', () => {
  const parts = [
    '<asr>',
    '<align>',
    '<chat>',
    '<gender>',
    '<MALE>',
    '<',
    '>',
    '<>',
    'a',
    ' ',
    '<0.1>',
    '<9,1>',
    '<think>',
  ];
  parts.push('<think end>', '<开始回答>', '\u0000', '😀', '<style>', '<其他>', '\n', '0.5');
  let seed = 1;
  for (let i = 0; i < 5000; i++) {
    let raw = '';
    for (let n = 0; n < 12; n++) {
      seed = (seed * 48_271) % 2_147_483_647;
      raw += parts[seed % parts.length];
    }
    const whole = parse(raw, { size: raw.length });
    const { events: _, ...stepwise } = parse(raw, { size: 1 });
    const { events: __, ...atOnce } = whole;
    assert.deepEqual(stepwise, atOnce, raw);
    assert.equal(whole.raw, raw);
  }
});
