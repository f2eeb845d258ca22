import type { z } from 'zod';

/** A service as its process sees it. */
export interface ServedService {
  readonly address: string;
  /** Of the gateway's HTTP door. */
  readonly httpAddress?: string;
  /** Of health and reflection for operators, if the configuration names an address for them. */
  readonly adminAddress?: string | undefined;
  /** Resolves when calls are answered; rejects when the service cannot be. */
  readonly ready: Promise<void>;
  drain(): Promise<void>;
}

/** How a kind of service is configured and started. */
export interface ServiceKind {
  readonly about: string;
  readonly schema: z.ZodObject;
  start(config: unknown): Promise<ServedService>;
}

/** Services that `osum serve` starts. Modules are loaded when they are needed: a client command loads no native library. */
export const serviceKinds: Readonly<Record<string, () => Promise<ServiceKind>>> = {
  async features() {
    const { featuresConfigSchema: schema, serveFeatures } = await import('@osum/features');
    return {
      about: 'PCM to log-mel features.',
      schema,
      start: (config) => serveFeatures(schema.parse(config)),
    };
  },
  async encoder() {
    const { encoderConfigSchema: schema, serveEncoder } = await import('@osum/encoder');
    return {
      about: 'Log-mel features to hidden states.',
      schema,
      start: (config) => serveEncoder(schema.parse(config)),
    };
  },
  async adapter() {
    const { adapterConfigSchema: schema, serveAdapter } = await import('@osum/adapter');
    return {
      about: 'Hidden states to speech embeddings.',
      schema,
      start: (config) => serveAdapter(schema.parse(config)),
    };
  },
  async decoder() {
    const { decoderConfigSchema: schema, serveDecoder } = await import('@osum/decoder');
    return {
      about: 'Prompt and speech embeddings to text.',
      schema,
      start: (config) => serveDecoder(schema.parse(config)),
    };
  },
  async router() {
    const { routerConfigSchema: schema, serveRouter } = await import('@osum/router');
    return {
      about: 'Instruction and audio to typed results.',
      schema,
      start: (config) => serveRouter(schema.parse(config)),
    };
  },
  async gateway() {
    const { gatewayConfigSchema: schema, serveGateway } = await import('@osum/gateway');
    return {
      about: "Riva's ASR service and the OpenAI HTTP API over a router.",
      schema,
      start: (config) => serveGateway(schema.parse(config)),
    };
  },
};
