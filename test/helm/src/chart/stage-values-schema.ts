import { z } from 'zod';
import { isChartKey } from './chart-keys.js';
import {
  anyObject,
  closed,
  imageProperties,
  type JsonSchema,
  listOf,
  partial,
  text,
  whole,
} from './json-schema.js';
import { type StageName, stageSchemas } from './stage-schemas.js';

const devices = ['auto', 'npu', 'host'];

/** What a stage scales on: seconds of queued audio, percent of the KV cache, or percent of the requested CPU. */
const scalingTargets: Record<StageName, JsonSchema> = {
  features: { queuedAudioSeconds: { type: 'number', exclusiveMinimum: 0 } },
  encoder: { queuedAudioSeconds: { type: 'number', exclusiveMinimum: 0 } },
  adapter: { queuedAudioSeconds: { type: 'number', exclusiveMinimum: 0 } },
  decoder: { kvUsePercent: whole(1, 100) },
  router: { cpuPercent: whole(1, 1000) },
  gateway: { cpuPercent: whole(1, 1000) },
};

/** The values of one stage. */
export function stageValuesSchema(name: StageName): JsonSchema {
  const isDoor = name === 'router' || name === 'gateway';
  return closed({
    enabled: { type: 'boolean' },
    ...(name !== 'gateway' && { addresses: addressesSchema(name) }),
    image: partial(imageProperties),
    ...(!isDoor && { device: { enum: devices } }),
    replicas: whole(0),
    resources: partial({ requests: anyObject, limits: anyObject, claims: listOf(anyObject) }),
    config: configSchema(name),
    env: listOf(anyObject),
    autoscaling: closed({
      enabled: { type: 'boolean' },
      minReplicas: whole(1),
      maxReplicas: whole(1),
      ...scalingTargets[name],
    }),
    ...(isDoor && {
      service: closed({ type: { enum: ['ClusterIP', 'NodePort', 'LoadBalancer'] }, annotations: anyObject }),
    }),
    ...(isDoor && { doorSecret: text }),
    ...(name === 'router' && { tenantsSecret: text }),
    podDisruptionBudget: partial({ minAvailable: countOrPercent, maxUnavailable: countOrPercent }),
    rollingUpdate: partial({ maxSurge: countOrPercent, maxUnavailable: countOrPercent }),
    topologySpread: closed({
      keys: listOf(text),
      whenUnsatisfiable: { enum: ['ScheduleAnyway', 'DoNotSchedule'] },
    }),
    startupSeconds: whole(1),
    terminationGracePeriodSeconds: whole(1),
    priorityClassName: text,
    runtimeClassName: text,
    nodeSelector: anyObject,
    tolerations: listOf(anyObject),
    affinity: anyObject,
    podLabels: anyObject,
    podAnnotations: anyObject,
    extraVolumes: listOf(anyObject),
    extraVolumeMounts: listOf(anyObject),
  });
}

// The gateway has one router, which may be a name that stands for several.
function addressesSchema(name: StageName): JsonSchema {
  const addresses = listOf({ type: 'string', pattern: '^[^,]+:[0-9]+$' });
  return name === 'router' ? { ...addresses, maxItems: 1 } : addresses;
}

const countOrPercent = { type: ['integer', 'string', 'null'], minimum: 0, pattern: '^[0-9]+%$' };

/** The flags of a service, without those that the chart sets. */
function configSchema(name: StageName): JsonSchema {
  const shape = Object.entries(stageSchemas[name].shape).filter(([key]) => !isChartKey(name, key));
  const schema = z.strictObject(Object.fromEntries(shape));
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input', target: 'draft-7' });
  return json;
}
