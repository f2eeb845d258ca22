import { anyObject, closed, imageProperties, type JsonSchema, listOf, text, whole } from './json-schema.js';
import { type StageName, stageNames } from './stage-schemas.js';
import { stageValuesSchema } from './stage-values-schema.js';

/** The schema of the chart's values. Flags of the services come from their own configuration. */
export function valuesSchema(): JsonSchema {
  const stages = Object.fromEntries(stageNames.map((name: StageName) => [name, stageValuesSchema(name)]));
  const { required, ...rest } = closed({
    // Helm's own, which subcharts get.
    global: anyObject,
    nameOverride: text,
    fullnameOverride: text,
    commonLabels: anyObject,
    image: closed(imageProperties),
    imagePullSecrets: listOf(anyObject),
    model: modelSchema,
    autoscaling: autoscalingSchema,
    tls: tlsSchema,
    podNetworks: { ...listOf({ type: 'string', pattern: '^[0-9a-f.:]+/[0-9]+$' }), minItems: 1 },
    networkPolicy: closed({
      enabled: { type: 'boolean' },
      clients: listOf(anyObject),
      stageClients: listOf(anyObject),
      monitoring: listOf(anyObject),
      extraEgress: listOf(anyObject),
    }),
    tracing: closed({ otlpEndpoint: { type: 'string', pattern: '^(https?://[^/]+:[0-9]+)?$' } }),
    metrics: closed({ port, annotations: { type: 'boolean' } }),
    serviceAccount: closed({ create: { type: 'boolean' }, name: text, annotations: anyObject }),
    podSecurityContext: anyObject,
    containerSecurityContext: anyObject,
    preStopSeconds: whole(1),
    ...stages,
  });
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the osum-mesh chart',
    ...rest,
    required: (required as string[]).filter((key) => key !== 'global'),
  };
}

const port = whole(1, 65_535);

const identity = { type: 'string', pattern: '^spiffe://[a-z0-9._-]+/.+$' };

const tlsSchema = closed({
  enabled: { type: 'boolean' },
  trustDomain: { type: 'string', pattern: '^[a-z0-9._-]{1,255}$' },
  clients: listOf(identity),
  stageClients: listOf(identity),
  servers: listOf(identity),
  issuer: anyObject,
  duration: { type: 'string', pattern: '^([0-9]+(h|m|s))+$' },
  adminPort: port,
});

const modelSchema = closed({
  name: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' },
  source: { enum: ['initContainer', 'volume'] },
  initContainer: closed({
    image: closed(imageProperties),
    command: listOf(text),
    args: listOf(text),
    env: listOf(anyObject),
    envFrom: listOf(anyObject),
    resources: anyObject,
    sizeLimit: text,
  }),
  volume: anyObject,
  mountPath: { type: 'string', pattern: '^/.*[^/]$' },
});

const autoscalingSchema = closed({
  kind: { enum: ['hpa', 'keda'] },
  keda: closed({
    prometheus: { type: 'string', pattern: '^(https?://.+)?$' },
    pollingInterval: whole(1),
    extraLabels: anyObject,
  }),
  behavior: closed({ scaleUp: anyObject, scaleDown: anyObject }),
});
