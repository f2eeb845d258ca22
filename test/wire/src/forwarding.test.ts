import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { after, before, test } from 'node:test';
import { f32Tensor } from '@osum/mesh';
import { refusedWith } from '@osum/mesh/testing';
import type { Forward } from '@osum/proto';
import { adapt, chirp, encode, extract, forwardTo, generate } from './calls.js';
import { type Chain, startChain } from './chain-fixture.js';
import { assertStillGood, rememberGood } from './good-request.js';

let chain: Chain;
/** Something else that listens in the network, and counts who connects. */
let bystander: Server;
let connections = 0;
let bystanderAddress: string;

before(async () => {
  bystander = createServer((socket) => {
    connections += 1;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(bystander, 'listening');
  bystanderAddress = `127.0.0.1:${(bystander.address() as AddressInfo).port}`;
  chain = await startChain({
    features: { forwardAddresses: [] },
    encoder: { forwardAddresses: ['*.adapters.example:*'] },
    adapter: { forwardAddresses: ['10.0.0.0/8:*', 'localhost:*'] },
  });
});
after(async () => {
  await chain.close();
  bystander.close();
});

const target = (address: string) => ({ address, sessionId: 'none', token: 'none' });
const forwardVia = (change: Partial<Forward>) =>
  ({ decoder: target(bystanderAddress), encoderAddress: '', adapterAddress: '', ...change }) as Forward;
const features = () => f32Tensor('features', [100, 80], new Float32Array(8000));
const hidden = () => f32Tensor('hidden', [50, 128], new Float32Array(6400));

test('features connects to its configured encoders, and to no other address that a call names', async () => {
  for (const encoderAddress of [bystanderAddress, 'unix:/run/docker.sock', 'dns:///metadata.example', '']) {
    const call = extract(chain, chirp(0.5), forwardVia({ encoderAddress }));
    if (encoderAddress === '') await refusedWith(call, 'notAllowed', /config.forward.decoder.address/);
    else
      await refusedWith(
        call,
        'notAllowed',
        /config.forward.encoder_address: this service may not connect to/,
      );
  }
  assert.equal(connections, 0);
});

test('an encoder connects to no address beside its adapters and those that its patterns allow', async () => {
  for (const adapterAddress of [bystanderAddress, 'adapters.example:1', 'adapters.example.evil:1']) {
    const call = encode(chain, features(), forwardVia({ adapterAddress }));
    const error = await refusedWith(call, 'notAllowed', /config.forward.adapter_address/);
    assert.equal(error.violations[0]?.field, 'config.forward.adapter_address');
  }
  assert.equal(connections, 0);
});

test('an adapter brings speech to no decoder beside those that its patterns allow', async () => {
  const call = adapt(chain, hidden(), forwardVia({}));
  await refusedWith(call, 'notAllowed', /config.forward.decoder.address: .* its forwardAddresses/);
  assert.equal(connections, 0);
});

test('an address that is allowed is connected to', async () => {
  const { admitted } = await generate(chain, [{ maxNewTokens: 3 }], 40, async ({ address, ...session }) => {
    const named = { ...session, address: address.replace('127.0.0.1', 'localhost') };
    await adapt(chain, hidden(), forwardTo(named as Parameters<typeof forwardTo>[0]));
  });
  assert.ok(admitted.attach);
});

test('by default a stage on loopback connects to loopback, as all in one machine need', async (t) => {
  const open = await startChain();
  t.after(() => open.close());
  await rememberGood(open);
  await assertStillGood(open);
  const elsewhere = target('192.0.2.1:7004') as Forward['decoder'];
  await refusedWith(
    adapt(open, hidden(), forwardVia({ decoder: elsewhere! })),
    'notAllowed',
    /may not connect to "192.0.2.1:7004"/,
  );
});
