import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AudioEncoding,
  type ConnectionOptions,
  createOsumClient,
  type OsumClient,
  OsumError,
  pcmBytes,
} from './index.js';
import type { Attempt } from './testing/call-records.js';
import { type ScriptedMesh, startScriptedMesh } from './testing/index.js';

let mesh: ScriptedMesh;

before(async () => {
  mesh = await startScriptedMesh();
});
after(() => mesh.close());

/** Runs `use` with a client whose attempts are its own. */
async function withClient<T>(
  use: (client: OsumClient, attempts: () => readonly Attempt[]) => Promise<T>,
  options: Partial<ConnectionOptions> = {},
): Promise<T> {
  const tenant = randomUUID();
  const client = createOsumClient({ address: mesh.address, tenant, ...options });
  try {
    return await use(client, () => mesh.attempts(tenant));
  } finally {
    client.close();
  }
}

async function failureOf(call: Promise<unknown>): Promise<OsumError> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof OsumError, String(error));
    return error;
  }
  assert.fail('the call succeeded');
}

/** Waits until the server has seen how its last attempt ended. */
async function ended(attempts: () => readonly Attempt[]): Promise<Attempt> {
  await until(() => (attempts().at(-1)?.ended ?? 'running') !== 'running');
  return attempts().at(-1)!;
}

async function until(met: () => boolean): Promise<void> {
  for (let waitedMs = 0; !met(); waitedMs += 5) {
    assert.ok(waitedMs < 10_000, 'nothing happened for 10 s');
    await sleep(5);
  }
}

const audio = Buffer.alloc(40_000, 1);

describe('answers', () => {
  it('are typed, and come with the plan and the totals', async () => {
    await withClient(async (client) => {
      const { plan, utterances, summary } = await client.understand({ audio, instruction: 'answer' });
      assert.equal(plan.tags, '<asr>');
      assert.equal(utterances[0]?.result?.transcript?.text, '40000 bytes');
      assert.equal(summary.utterances, 1);
    });
  });

  it('are the same for a file, its bytes, and chunks of any size; messages stay small', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'osum-client-'));
    const path = join(folder, 'audio.raw');
    await writeFile(path, audio);
    async function* chunks() {
      for (let start = 0; start < audio.length; start += 17_001) yield audio.subarray(start, start + 17_001);
    }
    try {
      for (const source of [path, audio, chunks()]) {
        await withClient(async (client, attempts) => {
          const { utterances } = await client.understand({ audio: source, tags: 'answer' });
          assert.equal(utterances[0]?.result?.transcript?.text, '40000 bytes');
          assert.ok(attempts()[0]!.largestMessage <= 15 * 1024);
        });
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('say what the mesh can do', async () => {
    await withClient(async (client) => {
      assert.equal((await client.describe()).model, 'scripted');
    });
  });
});

describe('live audio', () => {
  it('is answered while it is still being spoken', async () => {
    await withClient(async (client) => {
      let heard: (text: string) => void = () => {};
      async function* microphone() {
        for (const text of ['400 bytes', '800 bytes']) {
          const answered = new Promise<string>((resolve) => {
            heard = resolve;
          });
          yield Float32Array.from({ length: 100 }, Math.random);
          assert.equal(await answered, text);
        }
      }
      const results: string[] = [];
      const format = { encoding: AudioEncoding.PCM_F32LE, sampleRateHz: 16_000 };
      const request = { audio: pcmBytes(microphone()), format, instruction: 'answer', live: {} };
      for await (const event of client.stream(request)) {
        if (event.case === 'partial') heard(event.value.text);
        if (event.case === 'result') results.push(event.value.result?.transcript?.text ?? '');
      }
      assert.deepEqual(results, ['800 bytes']);
    });
  });

  it('whose source fails ends the call with the failure of the source', async () => {
    await withClient(async (client, attempts) => {
      async function* broken() {
        yield audio;
        await until(() => attempts().length > 0);
        throw new Error('the microphone was unplugged');
      }
      await assert.rejects(client.understand({ audio: broken(), instruction: 'answer' }), /unplugged/);
      assert.equal((await ended(attempts)).ended, 'cancelled');
    });
  });
});

describe('a refused call', () => {
  it('is repeated after exactly the pushback that the mesh asks for, with all of its audio', async () => {
    await withClient(async (client, attempts) => {
      const { utterances } = await client.understand({ audio, instruction: 'refuse 2 400' });
      assert.equal(utterances[0]?.result?.transcript?.text, '40000 bytes');
      const times = attempts().map(({ atMs }) => atMs);
      assert.equal(times.length, 3);
      assert.ok(times[1]! - times[0]! >= 395 && times[2]! - times[1]! >= 395, times.join());
    });
  });

  it('is repeated after all of its audio was sent, unless that was more than is kept', async () => {
    for (const [replayBytes, attemptsMade] of [
      [100_000, 2],
      [20_000, 1],
    ] as const) {
      await withClient(
        async (client, attempts) => {
          const call = client.understand({ audio, instruction: 'late 1 10' });
          if (attemptsMade === 1) await failureOf(call);
          else assert.equal((await call).utterances[0]?.result?.transcript?.text, '40000 bytes');
          assert.equal(attempts().length, attemptsMade);
        },
        { retry: { replayBytes } },
      );
    }
  });

  it('is repeated by the schedule of the client where the mesh names no time', async () => {
    await withClient(async (client, attempts) => {
      await client.understand({ audio, instruction: 'unavailable 2' });
      assert.deepEqual(
        attempts().map(({ ended }) => ended),
        ['refused', 'refused', 'answered'],
      );
    });
  });

  it('is not repeated where the mesh forbids it', async () => {
    await withClient(async (client, attempts) => {
      const error = await failureOf(client.understand({ audio, instruction: 'refuse 9 -1' }));
      assert.equal(error.status, 'RESOURCE_EXHAUSTED');
      assert.equal(error.retryable, false);
      assert.equal(attempts().length, 1);
    });
  });

  it('is not repeated where a message is too large', async () => {
    await withClient(async (client, attempts) => {
      const error = await failureOf(client.understand({ audio, instruction: 'x'.repeat(5 * 2 ** 20) }));
      assert.equal(error.status, 'RESOURCE_EXHAUSTED');
      assert.equal(error.reason, 'MESSAGE_TOO_LARGE');
      assert.equal(error.retryable, false);
      assert.equal(attempts().length, 1);
    });
  });

  it('is not repeated once something was answered', async () => {
    await withClient(async (client, attempts) => {
      const error = await failureOf(client.understand({ audio, instruction: 'break' }));
      assert.equal(error.status, 'UNAVAILABLE');
      assert.equal(attempts().length, 1);
    });
  });

  it('fails after the last attempt, and says when to come back', async () => {
    await withClient(
      async (client, attempts) => {
        const error = await failureOf(client.understand({ audio, instruction: 'refuse 9 10' }));
        assert.equal(error.retryable, true);
        assert.equal(error.retryAfterMs, 10);
        assert.equal(attempts().length, 2);
      },
      { retry: { attempts: 2 } },
    );
  });

  it('is not repeated when the client was told so', async () => {
    await withClient(
      async (client, attempts) => {
        await failureOf(client.understand({ audio, instruction: 'unavailable 1' }));
        assert.equal(attempts().length, 1);
      },
      { retry: { attempts: 1 } },
    );
  });
});

describe('a failure', () => {
  it('names its cause in the catalogue, the fields that are wrong, and facts', async () => {
    await withClient(async (client) => {
      const error = await failureOf(client.understand({ audio, instruction: 'violate' }));
      assert.equal(error.status, 'INVALID_ARGUMENT');
      assert.equal(error.reason, 'BAD_REQUEST');
      assert.equal(error.number, 1301);
      assert.equal(error.retryable, false);
      assert.deepEqual(error.violations, [{ field: 'config.tags', description: 'expected tags, got none' }]);
      assert.deepEqual(error.facts, { limit: '7' });
    });
  });

  it('of a mesh that is not there is UNAVAILABLE', async () => {
    await withClient(
      async (client) => {
        const error = await failureOf(client.interpret('x'));
        assert.equal(error.status, 'UNAVAILABLE');
        assert.equal(error.retryable, true);
      },
      { address: '127.0.0.1:1', retry: { attempts: 1 } },
    );
  });

  it('to read the file is the failure of the file', async () => {
    await withClient(async (client) => {
      await assert.rejects(client.understand({ audio: '/no/such/file', instruction: 'answer' }), {
        code: 'ENOENT',
      });
    });
  });
});

describe('a deadline', () => {
  it('is told to the mesh, ends the call, and covers its repetitions', async () => {
    await withClient(async (client, attempts) => {
      const waiting = client.understand({ audio, instruction: 'wait' }, { deadlineMs: 300 });
      assert.equal((await failureOf(waiting)).status, 'DEADLINE_EXCEEDED');
      const { budgetMs, ended: end } = await ended(attempts);
      assert.ok(budgetMs !== null && budgetMs > 0 && budgetMs <= 400, String(budgetMs));
      assert.equal(end, 'cancelled');

      const refused = client.understand({ audio, instruction: 'refuse 9 5000' }, { deadlineMs: 300 });
      assert.equal((await failureOf(refused)).status, 'DEADLINE_EXCEEDED');
      assert.equal(attempts().length, 2);
    });
  });

  it('that is no time of the future is refused', async () => {
    await withClient(async (client) => {
      await assert.rejects(client.interpret('x', { deadlineMs: 0 }), /expected milliseconds above 0, got 0/);
    });
  });
});

describe('cancellation', () => {
  it('by leaving the loop ends the work of the mesh', async () => {
    await withClient(async (client, attempts) => {
      for await (const event of client.stream({ audio, instruction: 'talk' })) {
        if (event.case === 'partial') break;
      }
      assert.equal((await ended(attempts)).ended, 'cancelled');
    });
  });

  it('by a signal ends the work of the mesh, also before any answer', async () => {
    for (const instruction of ['wait', 'talk']) {
      await withClient(async (client, attempts) => {
        const controller = new AbortController();
        const call = client.understand({ audio, instruction }, { signal: controller.signal });
        await until(() => attempts().length > 0);
        controller.abort();
        await assert.rejects(call, { name: 'AbortError' });
        assert.equal((await ended(attempts)).ended, 'cancelled');
      });
    }
  });

  it('ends the wait for a repetition', async () => {
    await withClient(async (client, attempts) => {
      const controller = new AbortController();
      const call = client.understand({ audio, instruction: 'refuse 9 5000' }, { signal: controller.signal });
      await ended(attempts);
      controller.abort();
      await assert.rejects(call, { name: 'AbortError' });
      assert.equal(attempts().length, 1);
    });
  });
});

describe('credentials', () => {
  it('go with each call', async () => {
    let asked = 0;
    const token = async () => `token ${++asked}`;
    await withClient(
      async (client, attempts) => {
        for (const _ of [1, 2]) await client.understand({ audio, instruction: 'answer' });
        assert.deepEqual(
          attempts().map(({ apiKey, authorization }) => [apiKey, authorization]),
          [
            ['key', 'Bearer token 1'],
            ['key', 'Bearer token 2'],
          ],
        );
      },
      { apiKey: 'key', token },
    );
  });

  it('are not sent in plaintext over a network', () => {
    for (const secret of [{ apiKey: 'key' }, { token: 'token' }]) {
      assert.throws(() => createOsumClient({ address: 'mesh.example:443', ...secret }), /over TLS only/);
    }
  });
});
