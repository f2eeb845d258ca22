import { createOsumClient, type OsumClient } from '@osum/client';
import { type LocalMesh, startLocalMesh } from '@osum/deploy';
import type { Figure } from '../figure.js';
import { createMutualTls } from './mutual-tls.js';
import { percentile } from './percentile.js';
import { shortRecording } from './short-recording.js';

const tags = '<asr>';
const describeCalls = 1_000;
const understandCalls = 100;
const warmUps = 10;

/**
 * What Envoy, TLS and mTLS add to a call in plaintext from instance to instance. Clients have no certificate, services and Envoy do. For
 * Describe, which only the router takes part in, with Envoy before the router: one link; for Understand with Envoy before and between all
 * stages. Calls of all ways take turns in one run.
 */
export async function addedLatencyFigures(packageFolder: string): Promise<Figure[]> {
  const tls = await createMutualTls();
  const ends: (() => unknown)[] = [() => tls.remove()];
  const start = async (options: object): Promise<LocalMesh> => {
    const mesh = await startLocalMesh({ package: packageFolder, logLevel: 'error', ...options });
    ends.push(() => mesh.stop());
    return mesh;
  };
  const clientOf = (address: string, isSecure: boolean): OsumClient => {
    const client = createOsumClient({ address, ...(isSecure && { credentials: tls.clientCredentials }) });
    ends.push(() => client.close());
    return client;
  };
  try {
    const plain = { direct: await start({ direct: true }), behind: await start({}) };
    const secure = {
      direct: await start({ direct: true, ...tls.options }),
      behind: await start(tls.options),
    };
    const routerOf = (mesh: LocalMesh) => mesh.instances('router')[0]!.address;
    const direct = clientOf(routerOf(plain.direct), false);
    const directSecure = clientOf(routerOf(secure.direct), true);
    const describe = await inTurns(describeCalls, (client) => client.describe(), {
      direct,
      Envoy: clientOf(plain.direct.address, false),
      TLS: directSecure,
      'Envoy with TLS at the door and mTLS behind': clientOf(secure.direct.address, true),
    });
    const ask = (client: OsumClient) => client.understand({ audio: shortRecording, tags });
    const understand = await inTurns(understandCalls, ask, {
      direct,
      Envoy: clientOf(plain.behind.address, false),
      'TLS and mTLS between stages': directSecure,
      'Envoy, TLS and mTLS between stages': clientOf(secure.behind.address, true),
    });
    return [...figuresOf('Describe', describe), ...figuresOf('Understand', understand)];
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

/** Milliseconds of each call, by its way; the first is what the others are compared with. */
type Times = ReadonlyMap<string, readonly number[]>;

async function inTurns(
  calls: number,
  make: (client: OsumClient) => Promise<unknown>,
  ways: Readonly<Record<string, OsumClient>>,
): Promise<Times> {
  const times = new Map(Object.keys(ways).map((way): [string, number[]] => [way, []]));
  for (let call = -warmUps; call < calls; call++) {
    for (const [way, client] of Object.entries(ways)) {
      const began = performance.now();
      await make(client);
      if (call >= 0) times.get(way)!.push(performance.now() - began);
    }
  }
  return times;
}

function figuresOf(call: string, times: Times): Figure[] {
  return [0.5, 0.99].flatMap((share) => {
    const [[first, base], ...others] = [...times].map(
      ([way, values]) => [way, percentile(values, share)] as const,
    ) as [readonly [string, number], ...(readonly [string, number])[]];
    const name = `${call}, p${100 * share}`;
    return [
      { name: `${name}, ${first}`, value: base, unit: 'ms' },
      ...others.map(([way, value]) => ({ name: `${name}, ${way} adds`, value: value - base, unit: 'ms' })),
    ];
  });
}
