import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decoderConfigSchema } from '@osum/decoder';
import { template } from './chart/render-chart.js';

const contradictions: [about: string, values: string[], says: RegExp][] = [
  [
    'a minimum of replicas above the maximum',
    ['encoder.autoscaling.enabled=true', 'encoder.autoscaling.minReplicas=9'],
    /encoder\.autoscaling\.minReplicas \(9\) is greater than maxReplicas \(8\)\./,
  ],
  [
    'a stage that is needed and is nowhere',
    ['adapter.enabled=false'],
    /encoder calls adapter, but adapter\.enabled is false and adapter\.addresses is empty: enable it, or say where it runs\./,
  ],
  [
    'a stage that runs here and elsewhere',
    ['adapter.addresses={elsewhere:7003}'],
    /adapter\.addresses says that adapter runs elsewhere, but adapter\.enabled is true/,
  ],
  [
    'NPUs that are not asked for',
    ['decoder.device=npu'],
    /decoder\.device is npu, but decoder\.resources\.limits asks for no huawei\.com\/\.\.\. device: add one, such as huawei\.com\/Ascend910: 1\./,
  ],
  [
    'NPUs that would be idle',
    ['decoder.resources.limits.huawei\\.com/Ascend910=1'],
    /decoder\.resources\.limits asks for a huawei\.com\/\.\.\. device that decoder\.device: host would leave idle/,
  ],
  [
    'a pod that is killed while it drains',
    ['router.config.drainGraceMs=60000'],
    /router\.terminationGracePeriodSeconds is 40, but preStopSeconds \(5 s\) and router\.config\.drainGraceMs \(60000 ms\) need longer/,
  ],
  [
    'a pod that is killed while it drains for the default time',
    ['router.terminationGracePeriodSeconds=25'],
    /router\.terminationGracePeriodSeconds is 25, but preStopSeconds \(5 s\) and router\.config\.drainGraceMs \(20000 ms\) need longer/,
  ],
  [
    'a model volume that is missing',
    ['model.source=volume'],
    /model\.source is volume, but model\.volume is empty: give it a Kubernetes volume source/,
  ],
  [
    'a model volume that is not used',
    ['model.volume.emptyDir.medium=Memory'],
    /model\.volume is set, but model\.source is initContainer, which does not use it/,
  ],
  [
    'two disruption budgets',
    ['router.podDisruptionBudget.minAvailable=1'],
    /router\.podDisruptionBudget has minAvailable and maxUnavailable; Kubernetes takes one of them/,
  ],
  [
    'a disruption budget that lets no node be drained',
    ['router.podDisruptionBudget.maxUnavailable=null', 'router.podDisruptionBudget.minAvailable=2'],
    /router\.podDisruptionBudget\.minAvailable is 2 of 2 replicas: no node with one of them could ever be drained\./,
  ],
  [
    'a share of CPU that is not requested',
    ['router.autoscaling.enabled=true', 'router.resources.requests.cpu=null'],
    /router\.autoscaling\.cpuPercent is a share of the requested CPU, but router\.resources\.requests\.cpu is not set\./,
  ],
  [
    'an issuer without TLS',
    ['tls.issuer.name=mesh'],
    /tls\.issuer is set, but tls\.enabled is false: without TLS no certificate is used\./,
  ],
  [
    'a stage with TLS that nobody may call',
    ['tls.enabled=true', 'router.enabled=false'],
    /tls\.enabled lets features take calls of known identities only, but no stage of this release calls it/,
  ],
  [
    'a router with TLS that nobody may call',
    ['tls.enabled=true'],
    /tls\.enabled lets router take calls of known callers only, but none is known: set tls\.clients, router\.tenantsSecret/,
  ],
  [
    'a router with a certificate for outside that nobody may call',
    ['router.doorSecret=door'],
    /router\.doorSecret lets router take calls of known callers only, but none is known: set router\.tenantsSecret/,
  ],
  [
    'a certificate for outside that the gateway would not know',
    ['router.doorSecret=door', 'gateway.enabled=true'],
    /router\.doorSecret is a certificate for callers from outside, and gateway, which is enabled, knows router by another/,
  ],
  [
    'KEDA without Prometheus',
    ['autoscaling.kind=keda', 'encoder.autoscaling.enabled=true'],
    /encoder\.autoscaling is enabled with autoscaling\.kind keda, but autoscaling\.keda\.prometheus is empty: give the URL of Prometheus\./,
  ],
];

for (const [about, values, says] of contradictions) {
  test(`values that contradict each other fail with a sentence: ${about}`, async () => {
    const { status, stderr } = await template(values.flatMap((value) => ['--set', value]));
    assert.notEqual(status, 0);
    assert.match(stderr, says);
  });
}

test('the drain that the chart reckons with is the one that services do by default', () => {
  assert.equal(decoderConfigSchema.shape.drainGraceMs.parse(undefined), 20_000);
});
