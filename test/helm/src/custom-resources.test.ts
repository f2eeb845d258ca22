import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { Ajv, type ValidateFunction } from 'ajv';
import { parse } from 'yaml';
import { chartCases } from './chart/chart-files.js';
import { type Manifest, render } from './chart/render-chart.js';
import { strictSchemaOf } from './chart/strict-schema.js';
import { type CustomResource, customResources, definitionFile } from './tools/custom-resources.js';
import { go, skipWithout } from './tools/required-toolchain.js';

const skip = await skipWithout(go);

async function renderedOfKind(kind: string): Promise<Manifest[]> {
  const all = await Promise.all(chartCases.map(({ valuesFile }) => render(['--values', valuesFile])));
  return all
    .flat()
    .map(({ manifest }) => manifest)
    .filter((manifest) => manifest.kind === kind);
}

async function validator(resource: CustomResource): Promise<ValidateFunction> {
  const definition = parse(await readFile(await definitionFile(resource), 'utf8'));
  const schema = strictSchemaOf(definition, resource.apiVersion.split('/')[1]!);
  return new Ajv({ strict: false, allErrors: true }).compile(schema);
}

for (const resource of customResources) {
  test(`every ${resource.kind} fits the schema of its own project, strictly`, { skip }, async () => {
    const validate = await validator(resource);
    const objects = await renderedOfKind(resource.kind);
    assert.ok(objects.length > 0, 'no case renders one');
    for (const object of objects) {
      assert.equal(object.apiVersion, resource.apiVersion);
      assert.ok(validate(object), `${object.metadata.name}: ${JSON.stringify(validate.errors, null, 1)}`);
    }
  });
}

test('a key that KEDA does not know, or a value of another type, does not fit', { skip }, async () => {
  const validate = await validator(customResources[0]!);
  const [object] = await renderedOfKind('ScaledObject');
  const spec = object!.spec as Record<string, unknown>;
  const wrong = [
    { ...object, spec: { ...spec, maxReplicas: 3 } },
    { ...object, spec: { ...spec, maxReplicaCount: 'three' } },
    { ...object, spec: { ...spec, triggers: [{ type: 'prometheus', metadata: { threshold: 3 } }] } },
  ];
  for (const one of wrong) assert.equal(validate(one), false, JSON.stringify(one));
});
