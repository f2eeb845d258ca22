import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createOsumClient, type OsumClient } from '@osum/client';
import { type LocalMesh, stageNames } from '@osum/deploy';
import { ask, type Outcome, startLoad } from './load.js';
import { recordings } from './shipped.js';
import { startTwoOfEach } from './two-of-each.js';

const lanes = 3;
const flagMs = 15_000;
// Enough that some are under way wherever the instance is hit, few enough for two cores.
const callsBefore = 3;
const callsAfter = 6;

describe('two instances of every stage behind Envoy', () => {
  let mesh: LocalMesh;
  let client: OsumClient;
  /** What the mesh answers when nothing happens. */
  const transcripts = new Map<string, string | undefined>();

  before(async () => {
    mesh = await startTwoOfEach();
    client = createOsumClient({ address: mesh.address, retry: { attempts: 1 } });
    for (const recording of recordings) {
      const { transcript, error } = await ask(client, recording);
      assert.equal(error, undefined);
      transcripts.set(recording, transcript);
    }
  });
  after(async () => {
    client?.close();
    await mesh?.stop();
  });

  /** Puts load on the mesh, does something to it, and waits for calls that began afterwards. */
  async function underLoad(disturb: () => Promise<void>): Promise<readonly Outcome[]> {
    const load = startLoad(mesh.address, lanes);
    await load.more(callsBefore);
    await disturb();
    await load.more(callsAfter);
    return load.stop();
  }

  function assertAnswered(outcomes: readonly Outcome[]): void {
    assert.deepEqual(failures(outcomes), []);
    for (const { recording, transcript } of outcomes) assert.equal(transcript, transcripts.get(recording));
  }

  it('balances calls, not connections: one connection of a client reaches all instances', async () => {
    const requests = async () =>
      new Map(
        (await mesh.envoy.admin.hosts()).map(({ address, counters }) => [address, counters.rq_total ?? 0]),
      );
    const before = await requests();
    const connections = await mesh.envoy.admin.stat('http.door.downstream_cx_total');
    const calls = 32;
    for (let asked = 0; asked < calls; asked += 2) {
      const pair = await Promise.all([ask(client, recordings[0]!), ask(client, recordings[1]!)]);
      assertAnswered(pair);
    }
    assert.equal(await mesh.envoy.admin.stat('http.door.downstream_cx_total'), connections);
    const after = await requests();
    for (const stage of stageNames) {
      const shares = mesh.instances(stage).map(({ address }) => after.get(address)! - before.get(address)!);
      assert.equal(shares.length, 2);
      assert.ok(
        shares.every((share) => share >= calls / 5),
        `${stage}: the instances got ${shares.join(' and ')} of ${calls} calls`,
      );
    }
  });

  for (const stage of stageNames) {
    it(`${stage}: a killed instance costs no call of which nothing was printed`, async () => {
      const victim = mesh.instances(stage)[0]!;
      const outcomes = await underLoad(async () => {
        await mesh.busy(victim);
        assert.equal(await mesh.end(victim, 'SIGKILL'), null);
      });
      const lost = outcomes.filter(({ error }) => error !== undefined);
      // The router's own death takes the streams on which it had begun to answer; that of a stage, those that the model had begun.
      const excused = (outcome: Outcome) => (stage === 'router' ? outcome.answered : outcome.printed);
      assert.deepEqual(failures(lost.filter((outcome) => !excused(outcome))), []);
      assert.ok(lost.length <= lanes, `${lost.length} calls were lost, of ${lanes} under way`);
      for (const { recording, transcript } of outcomes) {
        if (transcript !== undefined) assert.equal(transcript, transcripts.get(recording));
      }
      await mesh.settled();
      await flagged(victim.address, /\/failed_active_hc/);
      await mesh.restart(victim);
      await mesh.settled();
      assert.equal(await healthFlags(victim.address), 'healthy');
    });
  }

  for (const stage of stageNames) {
    it(`${stage}: instances that get SIGTERM one after the other drain, and no call fails`, async () => {
      const codes: (number | null)[] = [];
      const outcomes = await underLoad(async () => {
        // The second one leaves when the first has just come back, as in an update of the stage.
        for (const leaving of [...mesh.instances(stage)]) {
          await mesh.busy(leaving);
          codes.push(await mesh.end(leaving, 'SIGTERM'));
          await mesh.restart(leaving);
          await mesh.settled();
        }
      });
      assertAnswered(outcomes);
      assert.deepEqual(codes, [0, 0]);
    });
  }

  it('writes a line of JSON for each call, without what was said or asked', async () => {
    const instruction = 'tell me about the purple canary, please';
    await client.interpret(instruction).catch(() => {});
    const interpreted = () =>
      mesh.envoy.accessLog.find(({ method }) => method === '/osum.v1.SpeechUnderstanding/Interpret');
    while (interpreted() === undefined) await sleep(50);
    const line = interpreted();
    assert.equal(line!.listener, 'door');
    assert.equal(line!.cluster, 'router');
    assert.ok(mesh.instances('router').some(({ address }) => address === line!.instance));
    assert.ok(Number(line!.duration_ms) >= 0);
    assert.match(String(line!.request_id), /^[0-9a-f-]{36}$/);
    assert.doesNotMatch(JSON.stringify(mesh.envoy.accessLog), /canary/);
  });

  /** Failed calls may eject an instance before its health is asked for; its health must be found bad all the same. */
  async function flagged(address: string, flags: RegExp): Promise<void> {
    const until = Date.now() + flagMs;
    let found = await healthFlags(address);
    while (!flags.test(found) && Date.now() < until) {
      await sleep(50);
      found = await healthFlags(address);
    }
    assert.match(found, flags);
  }

  async function healthFlags(address: string): Promise<string> {
    return (
      (await mesh.envoy.admin.hosts()).find((host) => host.address === address)?.healthFlags ?? 'unknown'
    );
  }
});

function failures(outcomes: readonly Outcome[]): string[] {
  return outcomes.filter(({ error }) => error !== undefined).map(({ error }) => String(error));
}
