import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { schemaFile } from './chart/chart-files.js';
import { template } from './chart/render-chart.js';
import { valuesSchema } from './chart/values-schema.js';

test('the schema of the values has the flags that the services have; `npm run update -w @osum/helm-tests` writes it', async () => {
  assert.deepEqual(
    JSON.parse(await readFile(schemaFile, 'utf8')),
    JSON.parse(JSON.stringify(valuesSchema())),
  );
});

const unknownKeys: [assignment: string, key: string][] = [
  ['colour=red', 'colour'],
  ['image.colour=red', 'colour'],
  ['model.initContainer.colour=red', 'colour'],
  ['autoscaling.keda.colour=red', 'colour'],
  ['networkPolicy.colour=red', 'colour'],
  ['encoder.colour=red', 'colour'],
  ['encoder.resources.limit.cpu=1', 'limit'],
  ['encoder.config.maxBatchSeconds=1', 'maxBatchSeconds'],
  ['encoder.config.kvBlocks=1', 'kvBlocks'],
  ['decoder.autoscaling.queuedAudioSeconds=1', 'queuedAudioSeconds'],
  ['decoder.config.listen=0.0.0.0:1', 'listen'],
  ['router.config.decoders={a:1}', 'decoders'],
  ['gateway.device=npu', 'device'],
];

for (const [assignment, key] of unknownKeys) {
  test(`an unknown key is refused by name: ${assignment}`, async () => {
    const { status, stderr } = await template(['--set', assignment]);
    assert.notEqual(status, 0);
    assert.match(stderr, new RegExp(`additional properties '${key}' not allowed`));
  });
}

const wrongValues: [assignment: string, says: RegExp][] = [
  ['encoder.replicas=-1', /replicas.*: minimum/],
  ['encoder.device=gpu', /device.*: value must be one of 'auto', 'npu', 'host'/],
  ['encoder.config.maxBatchAudioSeconds=0', /maxBatchAudioSeconds.*: exclusiveMinimum/],
  ['decoder.config.maxSequences=many', /maxSequences.*: got string, want integer/],
  ['image.digest=sha256:abc', /digest.*: 'sha256:abc' does not match pattern/],
  ['autoscaling.kind=vpa', /kind.*: value must be one of 'hpa', 'keda'/],
];

for (const [assignment, says] of wrongValues) {
  test(`a value out of its range is refused by name: ${assignment}`, async () => {
    const { status, stderr } = await template(['--set', assignment]);
    assert.notEqual(status, 0);
    assert.match(stderr, says);
  });
}
