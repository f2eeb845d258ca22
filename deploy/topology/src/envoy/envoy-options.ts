import { addressSchema, doorConfigShape, serviceConfigShape } from '@osum/mesh';
import { z } from 'zod';

const count = z.number().int().positive();
const durationMs = z.number().int().positive();
const addresses = (what: string) =>
  z
    .array(addressSchema)
    .min(1)
    .describe(`host:port of each ${what}; every address that a host name resolves to counts as an instance`);

/** How long Envoy waits for what. Descriptions hold the reason of each value, and stand beside it in the generated file. */
export const timeoutShape = {
  connectTimeoutMs: durationMs
    .default(1_000)
    .describe('A stage nearby accepts within milliseconds; waiting longer only delays the try elsewhere.'),
  streamIdleMs: durationMs
    .default(600_000)
    .describe(
      'A byte in either direction starts it again, so a live stream may be silent on one side for hours; one in which nothing moves on either side for so long has lost its caller.',
    ),
  unaryTimeoutMs: durationMs
    .default(60_000)
    .describe('A unary call takes seconds at most; a caller that set no deadline is not left hanging.'),
  requestHeadersMs: durationMs
    .default(10_000)
    .describe('Headers come in one piece; a caller that trickles them holds a stream for nothing.'),
  connectionIdleMs: durationMs
    .default(900_000)
    .describe('A connection without any call; clients connect again by themselves.'),
  keepaliveIntervalMs: durationMs
    .default(30_000)
    .describe('A peer that vanished without closing is found by a ping, not by the silence of its stream.'),
  keepaliveTimeoutMs: durationMs
    .default(20_000)
    .describe('As in the services: a peer is given up 50 s after its last sign of life.'),
  drainMs: durationMs
    .default(5_000)
    .describe('Time for callers to see GOAWAY and open another connection before this one closes.'),
  healthIntervalMs: durationMs
    .default(1_000)
    .describe(
      'An instance that stops serving gets calls for a second at most, and those are tried elsewhere.',
    ),
  healthTimeoutMs: durationMs
    .default(5_000)
    .describe(
      'A busy machine answers late and is not down; a dead process is known by its connection at once, and one that drains says so.',
    ),
  ejectionMs: durationMs
    .default(5_000)
    .describe('Health finds what is down; an ejection only bridges the time until it does.'),
  retryBackoffMs: durationMs
    .default(25)
    .describe('The next try goes to another instance, which need not recover first.'),
};

/** How much Envoy lets through at one time. Descriptions hold the reason of each value. */
export const limitShape = {
  maxConnections: count
    .default(1_024)
    .describe('To all instances of a stage; HTTP/2 needs one for each worker thread and instance.'),
  maxRequests: count
    .default(4_096)
    .describe(
      'More than the queues of the instances hold, so that a full queue refuses first, with a pushback that it computes; this one is for a stage that neither answers nor refuses.',
    ),
  maxPending: count
    .default(1_024)
    .describe('Calls that wait for a connection; more would only wait for their deadlines.'),
  maxRetries: count
    .default(1_024)
    .describe(
      'At one time: when an instance dies, all calls that it had are tried again at once. How much they add is bounded by the attempts of each.',
    ),
  maxAttempts: z
    .number()
    .int()
    .min(1)
    .max(5)
    .default(3)
    .describe('The first try counted; each goes to an instance that was not tried yet.'),
  bufferBytes: count
    .default(1_048_576)
    .describe(
      'What is kept of a call for a further try, and what waits for a slow peer; a call that has sent more is not retried here.',
    ),
  maxRequestHeadersKb: count
    .default(64)
    .describe(
      'More than the router takes, so that the router refuses with a status; HTTP/2 lets Envoy only reset the stream.',
    ),
  maxDownstreamConnections: count
    .default(10_000)
    .describe('Connections of all callers; each costs memory before it has sent anything.'),
};

const { tlsCert, tlsKey, tlsCa, tlsPeers, tlsServers } = serviceConfigShape;

/** Options of the Envoy configuration: flags of `osum-deploy envoy`, variables (OSUM_...) and file share these names. */
export const envoyOptionsSchema = z.object({
  doorListen: addressSchema.default('0.0.0.0:50051').describe('host:port that clients call'),
  meshListen: addressSchema
    .default('0.0.0.0:7100')
    .describe('host:port under which stages reach each other; for the inner network only'),
  adminListen: addressSchema
    .default('127.0.0.1:9901')
    .describe("host:port of Envoy's administration: statistics, health flags; never for callers"),
  routers: addresses('router'),
  features: addresses('feature extractor'),
  encoders: addresses('encoder'),
  adapters: addresses('adapter'),
  decoders: addresses('decoder'),
  browserOrigins: z
    .array(z.string())
    .default([])
    .describe('origins whose pages may call by gRPC-Web, such as https://app.example; none by default'),
  otlpEndpoint: z
    .string()
    .regex(/^http:\/\/[^/\s]+:\d+$/, 'expected http://host:port')
    .optional()
    .describe('URL of an OTLP receiver that spans go to by gRPC; none by default'),
  ...doorConfigShape,
  tlsCert,
  tlsKey,
  tlsCa,
  tlsPeers,
  tlsServers,
  secretsFolder: z
    .string()
    .default('/etc/envoy')
    .describe('folder in which the running Envoy finds the files that name its certificates'),
  ...timeoutShape,
  ...limitShape,
});

/** See `envoyOptionsSchema`. */
export type EnvoyOptions = z.infer<typeof envoyOptionsSchema>;

/** The addresses of a stage's instances. */
export const addressKeys = {
  router: 'routers',
  features: 'features',
  encoder: 'encoders',
  adapter: 'adapters',
  decoder: 'decoders',
} as const;
