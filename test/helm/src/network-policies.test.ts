import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { chartCases } from './chart/chart-files.js';
import { type Rendered, render } from './chart/render-chart.js';
import { type StageContainer, stageContainers } from './chart/stage-container.js';

const component = 'app.kubernetes.io/component';

interface Peer {
  readonly podSelector?: { readonly matchLabels: Readonly<Record<string, string>> };
}

interface Rule {
  readonly ports: readonly { readonly port: number | string }[];
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
}

interface Policy {
  readonly ingress: readonly Rule[];
  readonly egress: readonly Rule[];
}

let objects: Rendered[];
let containers: StageContainer[];
before(async () => {
  objects = await render(['--values', valuesFile('gateway')]);
  containers = stageContainers(objects);
});

function valuesFile(caseName: string): string {
  return chartCases.find(({ name }) => name === caseName)!.valuesFile;
}

function policyOf(rendered: readonly Rendered[], stage: string): Policy {
  const policies = rendered.filter(({ manifest }) => manifest.kind === 'NetworkPolicy');
  const found = policies.find(({ manifest }) => manifest.metadata.labels?.[component] === stage);
  return found!.manifest.spec as Policy;
}

/** The stages that a container's variables tell it to call, or to send sessions to. */
function calledBy({ env }: StageContainer): string[] {
  const ports = Object.values(env).flatMap((value) => [
    ...[...value.matchAll(/dns:\/\/\/\S+?:(\d+)/g)].map(([, port]) => port),
  ]);
  const forward = env.OSUM_FORWARD_ADDRESSES?.match(/\d+$/)?.[0];
  const called = new Set(forward === undefined ? ports : [...ports, forward]);
  return containers.filter((one) => called.has(String(one.ports.grpc))).map(({ name }) => name);
}

const stagesOf = (peers: readonly Peer[] = []) =>
  peers.map(({ podSelector }) => podSelector?.matchLabels[component]).sort();

test('a stage may connect to the stages that it is told to call, and to nothing else but DNS', () => {
  for (const container of containers) {
    const [dns, ...others] = policyOf(objects, container.name).egress;
    assert.deepEqual(
      dns!.ports.map(({ port }) => port),
      [53, 53],
    );
    assert.deepEqual(others.flatMap(({ to }) => stagesOf(to)).sort(), calledBy(container).sort());
    for (const { to, ports } of others) {
      const callee = containers.find(({ name }) => name === stagesOf(to)[0])!;
      assert.deepEqual(
        ports.map(({ port }) => Number(port)),
        [callee.ports.grpc],
      );
    }
  }
});

test('a stage takes calls of the stages that call it; router and gateway take those of everybody until clients are named', async () => {
  const lockedDown = await render(['--values', valuesFile('locked-down')]);
  for (const { name } of containers) {
    const [calls] = policyOf(objects, name).ingress;
    const callers = containers.filter((one) => calledBy(one).includes(name)).map((one) => one.name);
    if (name === 'router' || name === 'gateway') assert.equal(calls!.from, undefined);
    else assert.deepEqual(stagesOf(calls!.from), callers.sort(), name);
  }
  const [calls] = policyOf(lockedDown, 'router').ingress;
  assert.deepEqual(calls!.from, [
    { podSelector: { matchLabels: selectorOf('gateway') } },
    { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'backends' } } },
  ]);
});

test('no rule has an empty list of peers, which would mean everybody', async () => {
  for (const { valuesFile: file } of chartCases) {
    for (const { manifest } of await render(['--values', file])) {
      if (manifest.kind !== 'NetworkPolicy') continue;
      const { ingress, egress } = manifest.spec as Policy;
      for (const { from, to } of [...ingress, ...egress]) {
        for (const peers of [from, to]) assert.ok(peers === undefined || peers?.length > 0);
      }
    }
  }
});

function selectorOf(stage: string): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'osum-mesh',
    'app.kubernetes.io/instance': 'osum',
    [component]: stage,
  };
}
