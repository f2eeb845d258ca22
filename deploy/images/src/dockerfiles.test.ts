import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { imageUser } from './assemble-system.js';
import { bake, imagesFolder } from './bake-file.js';
import { argumentsOf, copyOf, only, stagesOf } from './dockerfile.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const byDigest = /^\S+@sha256:[0-9a-f]{64}$/;

test('every Dockerfile is one target of the one build definition', () => {
  const files = readdirSync(imagesFolder).filter((file) => file.endsWith('Dockerfile'));
  assert.deepEqual(
    Object.values(bake.target)
      .map(({ dockerfile }) => dockerfile)
      .sort(),
    files.map((file) => `deploy/images/${file}`).sort(),
  );
  for (const { targets } of Object.values(bake.group)) {
    for (const name of targets) assert.ok(name in bake.target, name);
  }
});

test('base images are variables that are refused without a digest', () => {
  const { NODE_IMAGE: node, CANN_IMAGE: cann } = bake.variable;
  assert.match(node!.default, byDigest);
  assert.equal(cann!.default, '', 'no default: the CANN that fits is the one that the driver fits');
  for (const { validation } of [node!, cann!])
    assert.match(validation!.condition, /@sha256:\[0-9a-f\]\{64\}\$/);
});

for (const [name, { dockerfile, args, context }] of Object.entries(bake.target)) {
  const path = join(root, dockerfile);
  const stages = stagesOf(path);
  const last = stages.at(-1)!;

  test(`${name} is built in stages upon bases that the definition gives`, () => {
    assert.ok(stages.length > 1);
    const names = stages.map(({ from }) => from.getBuildStage());
    for (const { from } of stages) {
      const image = from.getImage()!;
      const [, variable] = /^\$\{(\w+)\}$/.exec(image) ?? [];
      if (variable === undefined) assert.ok(image === 'scratch' || names.includes(image), image);
      else assert.equal(args[variable], `\${${variable}}`, `${variable} is passed on`);
    }
  });

  test(`${name} declares each argument that it is given, and is given each that it declares`, () => {
    assert.deepEqual(argumentsOf(path).sort(), Object.keys(args).sort());
  });

  test(`all that ${name} copies exists`, () => {
    stages.forEach(({ instructions }, i) => {
      const earlier = stages.slice(0, i).map(({ from }) => from.getBuildStage());
      for (const instruction of instructions.filter((one) => one.getKeyword() === 'COPY')) {
        const { from, sources } = copyOf(instruction);
        assert.ok(sources.length > 0);
        if (from !== undefined) assert.ok(earlier.includes(from), `no stage ${from} before`);
        else for (const source of sources) assert.ok(existsSync(join(root, context, source)), source);
      }
    });
  });

  test(`${name} runs Node, as a user without rights, and its last stage runs nothing while it is built`, () => {
    assert.equal(only(last, 'USER').getArgumentsContent(), `${imageUser}:${imageUser}`);
    const entry = JSON.parse(only(last, 'ENTRYPOINT').getArgumentsContent()!) as string[];
    assert.equal(entry[0], '/bin/node');
    assert.deepEqual(
      last.instructions.filter((one) => ['RUN', 'ADD', 'CMD', 'SHELL'].includes(one.getKeyword())),
      [],
    );
  });
}
