import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arena, DeviceError, Program } from '@osum/device';
import { type Bench, generate, LORA, logitsAfter, withRunner } from '../golden/decoder-bench.js';
import { assertClose, golden } from '../golden/golden.js';
import { withEachKernelSet } from '../golden/host-device.js';
import { blocksForPositions } from '../kv/kv-sequence.js';
import { decoderArenaBytes } from '../memory/activations.js';
import { OutOfSlotsError } from './penalty-masks.js';
import { greedyChoice } from './sampling.js';
import type { GreedyResult, SequenceStep } from './step.js';
import { StepProgram } from './step-program.js';

const { ids } = golden.decoder;
/** Prompts of different lengths; one is longer than a KV block. */
const PROMPTS = [
  ids,
  [3],
  Array.from({ length: 150 }, (_, i) => (i * 31 + 7) % 97),
  [90, 80, 70, 60, 50],
  Array.from({ length: 128 }, (_, i) => (i * 17 + 3) % 97),
];
const BF16 = { weights: 'bf16', lora: LORA } as const;

test('generations in a batch are those of each prompt alone, to the last bit of the probabilities', async () => {
  await withRunner(BF16, async (bench) => {
    await withEachKernelSet(async (kernels) => {
      const together = await generate(bench, PROMPTS, 20, 1.05);
      for (const [i, prompt] of PROMPTS.entries()) {
        const [alone] = await generate(bench, [prompt], 20, 1.05);
        assert.deepEqual(together[i]!.tokens, alone!.tokens, `prompt ${i} with ${kernels}`);
        assert.deepEqual(
          together[i]!.logProbs,
          alone!.logProbs,
          `probabilities of prompt ${i} with ${kernels}`,
        );
      }
    });
  });
});

test('captured graphs, prepared programs and programs built for the step agree to the bit', async () => {
  const outcomes = new Map<string, unknown>();
  for (const capture of [true, false]) {
    const options = { capture };
    await withRunner(
      BF16,
      async (bench) => {
        const [one] = await generate(bench, [PROMPTS[2]!], 30, 1.1);
        assert.deepEqual(
          [...one!.paths],
          [capture ? 'captured' : 'prepared'],
          bench.runner.captureFailure ?? '',
        );
        outcomes.set(capture ? 'captured' : 'prepared', [one!.tokens, one!.logProbs]);
        outcomes.set('built', await builtStepByStep(bench, PROMPTS[2]!, one!.tokens));
      },
      options,
    );
  }
  assert.deepEqual(outcomes.get('captured'), outcomes.get('prepared'));
  assert.deepEqual(outcomes.get('captured'), outcomes.get('built'));
});

/** The same tokens fed step by step beside a prompt chunk of another sequence, which forbids prepared programs. */
async function builtStepByStep(
  { runner, stream }: Bench,
  prompt: readonly number[],
  tokens: readonly number[],
): Promise<[number[], number[]]> {
  const sequence = runner.cache.sequence();
  const other = runner.cache.sequence();
  sequence.reserve(prompt.length + tokens.length);
  other.reserve(2 * tokens.length);
  const slot = runner.masks.acquire();
  const chosen: number[] = [];
  const logProbs: number[] = [];
  for (let n = 0; n < tokens.length; n++) {
    const generated = n === 0 ? null : chosen[n - 1]!;
    const inputs = [{ tokens: generated === null ? prompt : [generated] }];
    const { results, path } = await runner.step(stream, [
      { sequence, inputs, result: { slot, penalty: 1.1, generated } },
      { sequence: other, inputs: [{ tokens: [5, 6] }], result: 'none' },
    ]);
    assert.equal(path, 'built');
    const { token, logProb } = results[0] as GreedyResult;
    chosen.push(token);
    logProbs.push(logProb);
  }
  sequence.release();
  other.release();
  runner.masks.release(slot);
  return [chosen, logProbs];
}

test('spare rows of a batch size leave no trace: 3 sequences in a program for 4', async () => {
  await withRunner(BF16, async (bench) => {
    const three = await generate(bench, PROMPTS.slice(0, 3), 12, 1.05);
    const four = await generate(bench, PROMPTS.slice(0, 4), 12, 1.05);
    assert.deepEqual(
      three.map(({ tokens }) => tokens),
      four.slice(0, 3).map(({ tokens }) => tokens),
    );
  });
});

test('the penalty on the device is the penalty on the host, also where tokens repeat', async () => {
  await withRunner(BF16, async (bench) => {
    const { runner, stream } = bench;
    for (const penalty of [1, 1.05, 2]) {
      const [device] = await generate(bench, [[3]], 60, penalty);
      const sequence = runner.cache.sequence();
      sequence.reserve(64);
      const host: number[] = [];
      const logProbs: number[] = [];
      for (let next = 3; host.length < 60; next = host.at(-1)!) {
        const step: SequenceStep = { sequence, inputs: [{ tokens: [next] }], result: 'logits' };
        const [result] = (await runner.step(stream, [step])).results;
        const choice = greedyChoice((result as { logits: Float32Array }).logits, host, penalty);
        host.push(choice.token);
        logProbs.push(choice.logProb);
      }
      sequence.release();
      assert.deepEqual(device!.tokens, host, `penalty ${penalty}`);
      assertClose('log-probabilities', device!.logProbs, logProbs, 1e-4);
      if (penalty === 1) assert.ok(new Set(host).size < host.length, 'tokens repeat without a penalty');
    }
  });
});

test('a mixed step of chunks, greedy rows and logit rows gives each what it gets alone', async () => {
  await withRunner(BF16, async (bench) => {
    const { runner, stream } = bench;
    const sequences = PROMPTS.slice(0, 4).map((prompt) => {
      const sequence = runner.cache.sequence();
      sequence.reserve(prompt.length);
      return sequence;
    });
    const slot = runner.masks.acquire();
    const results: SequenceStep['result'][] = [
      'logits',
      { slot, penalty: 1, generated: null },
      'none',
      'logits',
    ];
    const steps = sequences.map((sequence, i) => ({
      sequence,
      inputs: [{ tokens: PROMPTS[i]!.slice(0, 2) }, { tokens: PROMPTS[i]!.slice(2) }],
      result: results[i]!,
    }));
    const report = await runner.step(stream, steps);
    for (const sequence of sequences) sequence.release();
    runner.masks.release(slot);
    assert.equal(report.results[2], null);
    for (const i of [0, 3]) {
      const { logits } = report.results[i] as { logits: Float32Array };
      assert.deepEqual(logits, await logitsAfter(bench, PROMPTS[i]!), `logits of prompt ${i}`);
    }
    const { token } = report.results[1] as GreedyResult;
    assert.equal(token, greedyChoice(await logitsAfter(bench, PROMPTS[1]!), [], 1).token);
  });
});

test('embedding rows stand for token ids wherever they come in a chunk', async () => {
  await withRunner(BF16, async (bench) => {
    const { runner, stream } = bench;
    const { device, dims, dtype } = runner.decoder;
    await using buffer = await device.allocate(1 << 16);
    const arena = new Arena(buffer);
    const program = new Program(arena);
    const tokens = arena.tensor('i32', [3]);
    program.upload(tokens, Int32Array.from(ids.slice(2, 5)));
    const rows = runner.decoder.embed(program, tokens, arena.tensor(dtype, [3, dims.width]));
    await stream.run(program);
    const sequence = runner.cache.sequence();
    sequence.reserve(ids.length);
    const inputs = [{ tokens: ids.slice(0, 2) }, { embeddings: rows }, { tokens: ids.slice(5) }];
    const { results } = await runner.step(stream, [{ sequence, inputs, result: 'logits' }]);
    sequence.release();
    assert.deepEqual((results[0] as { logits: Float32Array }).logits, await logitsAfter(bench, ids));
  });
});

test('forks go on from a shared prefix as if each had computed it alone', async () => {
  await withRunner(BF16, async (bench) => {
    const { runner, stream } = bench;
    const prefix = PROMPTS[2]!;
    const parent = runner.cache.sequence();
    parent.reserve(prefix.length);
    await runner.step(stream, [{ sequence: parent, inputs: [{ tokens: prefix }], result: 'none' }]);
    const endings = [[11, 12], [13], [14, 15, 16]];
    const forks = [];
    for (const ending of endings)
      forks.push(await runner.fork(stream, parent, prefix.length + ending.length));
    assert.equal(runner.cache.pool.usedBlocks, 1 + 1 + 3, 'one shared block, one partial block for each');
    parent.release();
    const { results } = await runner.step(
      stream,
      forks.map((sequence, i) => ({ sequence, inputs: [{ tokens: endings[i]! }], result: 'logits' })),
    );
    for (const sequence of forks) sequence.release();
    for (const [i, ending] of endings.entries()) {
      const alone = await logitsAfter(bench, [...prefix, ...ending], [prefix.length, ending.length]);
      assert.deepEqual((results[i] as { logits: Float32Array }).logits, alone, `fork ${i}`);
    }
  });
});

test('a slot that is used again has forgotten its marks', async () => {
  await withRunner(
    BF16,
    async (bench) => {
      const first = await generate(bench, [[3]], 30, 2);
      const second = await generate(bench, [[3]], 30, 2);
      assert.deepEqual(first, second);
      const slot = bench.runner.masks.acquire();
      assert.throws(() => bench.runner.masks.acquire(), OutOfSlotsError);
      bench.runner.masks.release(slot);
      assert.throws(() => bench.runner.masks.release(slot), /not taken/);
    },
    { maxSequences: 1 },
  );
});

test('an aborted step leaves its sequences as they were', async () => {
  await withRunner(BF16, async ({ runner, stream }) => {
    const sequence = runner.cache.sequence();
    sequence.reserve(8);
    const step: SequenceStep = { sequence, inputs: [{ tokens: ids }], result: 'logits' };
    const aborted = AbortSignal.abort(new Error('the caller went away'));
    await assert.rejects(runner.step(stream, [step], { signal: aborted }), /the caller went away/);
    assert.equal(sequence.length, 0);
    await runner.step(stream, [step]);
    assert.equal(sequence.length, ids.length);
    sequence.release();
  });
});

test('steps that cannot be are refused with a reason', async () => {
  await withRunner(BF16, async ({ runner, stream }) => {
    const sequence = runner.cache.sequence();
    const step = (tokens: number[]): SequenceStep => ({ sequence, inputs: [{ tokens }], result: 'none' });
    await assert.rejects(runner.step(stream, []), /1 to 8 sequences, got 0/);
    await assert.rejects(runner.step(stream, [step([1])]), /reserve more first/);
    sequence.reserve(512);
    await assert.rejects(runner.step(stream, [step([1]), step([2])]), /a sequence appears once/);
    await assert.rejects(runner.step(stream, [step([])]), /at least one row/);
    await assert.rejects(runner.step(stream, [step(new Array(301).fill(1))]), /301 rows.*300/);
    await assert.rejects(runner.step(stream, [step([97])]), /token id 97.*97/);
    sequence.advance(500);
    await assert.rejects(
      runner.step(stream, [step(new Array(13).fill(1))]),
      /513 positions exceeds the package's 512/,
    );
    const running = runner.step(stream, [step([1])]);
    await assert.rejects(runner.step(stream, [step([1])]), /still running/);
    await running;
    sequence.release();
  });
});

test('the planned arena bytes are those that the largest step uses, greedy choice included', async () => {
  await withRunner(BF16, async ({ runner }) => {
    const { device, dims, dtype } = runner.decoder;
    const [rows, sequences] = [300, 8];
    const planned = decoderArenaBytes(dims, dtype, rows, sequences);
    await using buffer = await device.allocate(planned);
    const arena = new Arena(buffer);
    const shape = {
      size: { rows, sequences, maxBlocks: blocksForPositions(dims.maxPositions), outputs: sequences },
      queryLengths: Array.from({ length: sequences }, (_, i) => (i === sequences - 1 ? rows : i + 1)),
      keyLengths: new Array<number>(sequences).fill(dims.maxPositions),
      embeddings: [],
      allRows: false,
      greedy: true,
      logits: true,
    };
    new StepProgram(runner, arena, shape);
    assert.equal(arena.peakBytes, planned);
  });
});

test('a cache that does not fit the device is refused with its size', async () => {
  await assert.rejects(
    withRunner(BF16, async () => {}, { kvBlocks: 2 ** 31 }),
    (error: unknown) => error instanceof DeviceError && error.outOfMemory,
  );
});
