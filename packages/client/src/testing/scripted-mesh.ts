import type { ServerCredentials } from '@grpc/grpc-js';
import { bindService, createTelemetry, type RunningServer, startServer } from '@osum/mesh';
import { FeatureExtractor, SpeechEncoder, SpeechUnderstanding } from '@osum/proto';
import { type Attempt, CallRecords } from './call-records.js';
import { scriptedEncode, scriptedExtract } from './scripted-stages.js';
import { scriptedUnderstand } from './scripted-understand.js';

/** A mesh without a model that does what its callers' instructions say, and remembers each attempt of a call. */
export interface ScriptedMesh {
  readonly address: string;
  /** Attempts of all calls of a tenant, in order. */
  attempts(tenant: string): readonly Attempt[];
  close(): void;
}

/**
 * Serves the scripted mesh on a free port: SpeechUnderstanding (scripts in scripted-understand.ts), FeatureExtractor and
 * SpeechEncoder (scripts in scripted-stages.ts). Interpret answers with the caller's attempts as JSON in the place of tags.
 */
export async function startScriptedMesh(
  options: { credentials?: ServerCredentials } = {},
): Promise<ScriptedMesh> {
  const records = new CallRecords();
  const services = [
    bindService(SpeechUnderstanding, {
      understand: (requests, context) => scriptedUnderstand(requests, context, records),
      async interpret(_request, { tenant }) {
        return { plan: { tags: JSON.stringify(records.of(tenant)), score: 1 } };
      },
      async describe() {
        return { model: 'scripted', version: '1.0.0', tasks: [{ tag: '<asr>', supported: true }] };
      },
    }),
    bindService(FeatureExtractor, { extract: scriptedExtract }),
    bindService(SpeechEncoder, { encode: scriptedEncode }),
  ];
  const server: RunningServer = await startServer({
    stage: 'router',
    listen: '127.0.0.1:0',
    services,
    telemetry: createTelemetry({ name: 'scripted-mesh', logLevel: 'silent' }),
    ...options,
  });
  for (const { desc } of services) server.health.set(desc.typeName, true);
  return {
    address: server.address,
    attempts: (tenant) => records.of(tenant),
    close: () => server.abort(),
  };
}
