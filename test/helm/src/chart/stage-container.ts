import { parse } from 'yaml';
import type { Manifest, Rendered } from './render-chart.js';
import type { StageName } from './stage-schemas.js';

/** A gRPC probe of the kubelet. */
export interface GrpcProbe {
  readonly grpc: { readonly port: number; readonly service?: string };
}

interface EnvironmentEntry {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string };
    readonly resourceFieldRef?: { readonly resource: string };
  };
}

interface ContainerSpec {
  readonly args: readonly string[];
  readonly env: readonly EnvironmentEntry[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: GrpcProbe;
  readonly livenessProbe: GrpcProbe;
  readonly readinessProbe: GrpcProbe;
}

interface PodSpec {
  readonly serviceAccountName: string;
  readonly containers: readonly ContainerSpec[];
}

/** What the chart gives a service to start with. */
export interface StageContainer {
  readonly name: StageName;
  readonly args: readonly string[];
  /** With fields of the pod resolved as if its address was 127.0.0.1 and its limits one core and 2 GiB. */
  readonly env: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  /** Text of the file that OSUM_CONFIG names. */
  readonly configText: string;
  /** Port by name. */
  readonly ports: Readonly<Record<string, number>>;
  readonly probes: Readonly<Record<'startup' | 'liveness' | 'readiness', GrpcProbe>>;
}

const podFields: Record<string, string> = {
  'status.podIP': '127.0.0.1',
  'limits.cpu': '1',
  'limits.memory': String(2 ** 31),
};

/** The containers of all stages that were rendered. */
export function stageContainers(objects: readonly Rendered[]): StageContainer[] {
  const manifests = objects.map(({ manifest }) => manifest);
  const deployments = manifests.filter(({ kind }) => kind === 'Deployment');
  return deployments.map((deployment) => containerOf(deployment, manifests));
}

function containerOf(deployment: Manifest, manifests: readonly Manifest[]): StageContainer {
  const { spec } = (deployment.spec as { template: { spec: PodSpec } }).template;
  const [container] = spec.containers;
  const config = manifests.find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === deployment.metadata.name,
  ) as (Manifest & { data: Record<string, string> }) | undefined;
  const { startupProbe: startup, livenessProbe: liveness, readinessProbe: readiness } = container!;
  return {
    name: deployment.metadata.labels?.['app.kubernetes.io/component'] as StageName,
    args: container!.args,
    env: environmentOf(container!.env),
    serviceAccount: spec.serviceAccountName,
    configText: config?.data['config.yaml'] ?? '',
    ports: Object.fromEntries(container!.ports.map(({ name, containerPort }) => [name, containerPort])),
    probes: { startup, liveness, readiness },
  };
}

function environmentOf(entries: readonly EnvironmentEntry[]): Record<string, string> {
  const env: Record<string, string> = {};
  for (const { name, value, valueFrom } of entries) {
    const path = valueFrom?.fieldRef?.fieldPath ?? valueFrom?.resourceFieldRef?.resource ?? '';
    const text = value ?? podFields[path];
    if (text === undefined) throw new Error(`${name}: this test cannot resolve ${JSON.stringify(valueFrom)}`);
    env[name] = text.replace(/\$\((\w+)\)/g, (_, other: string) => env[other] ?? '');
  }
  return env;
}

/** The configuration file of a container, parsed. */
export function configOf({ configText }: StageContainer): Record<string, unknown> {
  return parse(configText) as Record<string, unknown>;
}
