import { LanguageDecoder } from '@osum/proto';
import {
  type LoadedStage,
  type RunningService,
  type StageEnvironment,
  type StageRuntime,
  serveStage,
  tenantWeightsFrom,
} from '@osum/stage';
import { type DecoderConfig, decoderSizes } from './decoder-config.js';
import { DecoderCore } from './decoder-core.js';
import { DecoderGroup } from './decoder-group.js';
import { decoderService } from './decoder-service.js';
import type { Generator } from './generate.js';
import { loadLanguage } from './language.js';
import { loadDecoder, NnEngine } from './nn-engine.js';
import { decoderMetrics } from './telemetry/decoder-metrics.js';
import { createSessionMetrics } from './telemetry/session-metrics.js';

/** A decoder service that listens. */
export interface RunningDecoder extends RunningService {
  /** What the decoders hold now, one a device; none before the model is loaded. */
  stats(): DecoderGroup['stats'];
}

/** Serves `osum.v1.LanguageDecoder`. Resolves when it listens; `ready` resolves when the model is loaded. */
export async function serveDecoder(
  config: DecoderConfig,
  runtime: StageRuntime = {},
): Promise<RunningDecoder> {
  let decoders: DecoderGroup | null = null;
  const service = await serveStage<Generator & LoadedStage>(
    {
      name: 'decoder',
      service: LanguageDecoder,
      bind: decoderService,
      async load(environment) {
        const group = await loadDecoders(config, environment);
        decoders = group;
        return {
          decoders: group,
          metrics: createSessionMetrics(environment.telemetry, environment.modelPackage.manifest),
          language: await loadLanguage(environment.modelPackage, config.maxInstructionBytes),
          instance: environment.instance,
          drain: () => group.drain(),
          close: () => group.close(),
        };
      },
    },
    config,
    runtime,
  );
  return { ...service, stats: () => decoders?.stats ?? [] };
}

async function loadDecoders(
  config: DecoderConfig,
  { scheduler, modelPackage, telemetry }: StageEnvironment,
): Promise<DecoderGroup> {
  const sizes = decoderSizes(config, modelPackage.manifest.decoder.maxPositions);
  const resident = await scheduler.resident(
    'decoder',
    (device) => loadDecoder(device, modelPackage, sizes),
    async (instance) => instance[Symbol.asyncDispose](),
  );
  const limits = { ...config, tenantWeights: tenantWeightsFrom(config.tenantWeights) };
  const cores: DecoderCore[] = [];
  const observer = decoderMetrics(telemetry, () => cores.map(({ stats }) => stats));
  for (const device of scheduler.devices) {
    cores.push(new DecoderCore(new NnEngine(scheduler, resident, device), limits, observer));
  }
  return new DecoderGroup(cores);
}
