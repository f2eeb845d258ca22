import { after, before, test } from 'node:test';
import { f32Tensor } from '@osum/mesh';
import {
  featureExtractorDefinition,
  languageDecoderDefinition,
  modalityAdapterDefinition,
  PromptMode,
  speechEncoderDefinition,
} from '@osum/proto';
import { chirp, configThenFrames } from './calls.js';
import { type Chain, startChain } from './chain-fixture.js';
import { assertStillGood, rememberGood } from './good-request.js';
import { sendAndVanish } from './send-and-vanish.js';
import { withSlowDevice } from './slow-device.js';

let chain: Chain;
before(async () => {
  chain = await startChain();
  await rememberGood(chain);
});
after(() => chain.close());

const tensor = (name: string, width: number) =>
  f32Tensor(name, [100, width], new Float32Array(100 * width).fill(0.2));

async function tensorMessages(
  serialize: (value: never) => Uint8Array,
  name: string,
  width: number,
): Promise<Uint8Array[]> {
  const messages: Uint8Array[] = [];
  for await (const message of configThenFrames(tensor(name, width)))
    messages.push(serialize(message as never));
  return messages;
}

const stages: readonly [string, () => Promise<{ address: string; path: string; messages: Uint8Array[] }>][] =
  [
    [
      'FeatureExtractor.Extract',
      async () => {
        const { path, requestSerialize } = featureExtractorDefinition.extract;
        const pcm = new Uint8Array(chirp(1).buffer);
        const messages = [
          requestSerialize({ request: { case: 'config', value: {} } }),
          requestSerialize({ request: { case: 'pcm', value: pcm } }),
        ];
        return { address: chain.features.address, path, messages };
      },
    ],
    [
      'SpeechEncoder.Encode',
      async () => {
        const { path, requestSerialize } = speechEncoderDefinition.encode;
        return {
          address: chain.encoder.address,
          path,
          messages: await tensorMessages(requestSerialize, 'features', 80),
        };
      },
    ],
    [
      'ModalityAdapter.Adapt',
      async () => {
        const { path, requestSerialize } = modalityAdapterDefinition.adapt;
        return {
          address: chain.adapter.address,
          path,
          messages: await tensorMessages(requestSerialize, 'hidden', 128),
        };
      },
    ],
    [
      'LanguageDecoder.Generate without speech',
      async () => {
        const { path, requestSerialize } = languageDecoderDefinition.generate;
        const pass = { mode: PromptMode.INTENT, instruction: 'x', maxNewTokens: 400 };
        return { address: chain.decoder.address, path, messages: [requestSerialize({ passes: [pass] })] };
      },
    ],
    [
      'LanguageDecoder.Generate that waits for speech',
      async () => {
        const { path, requestSerialize } = languageDecoderDefinition.generate;
        const passes = [{ mode: PromptMode.CHAT }];
        return {
          address: chain.decoder.address,
          path,
          messages: [requestSerialize({ passes, speechRows: 30 })],
        };
      },
    ],
  ];

for (const [method, prepare] of stages) {
  test(`a connection that is cut in the middle of ${method} leaves nothing behind`, async () => {
    const { address, path, messages } = await prepare();
    for (let count = 0; count <= messages.length; count++) {
      await sendAndVanish(address, path, messages.slice(0, count), false);
    }
    await assertStillGood(chain);
  });

  test(`a connection that is cut while the device works for ${method} leaves nothing behind`, async () => {
    const { address, path, messages } = await prepare();
    await withSlowDevice(chain, 2000, () => sendAndVanish(address, path, messages, true));
    await assertStillGood(chain);
  });
}
