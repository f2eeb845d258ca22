import {
  BLOCK_POSITIONS,
  type DevicePlan,
  type PlannedModel,
  planDevice,
  type SessionLoad,
  type StagePlan,
  speechPositions,
  type WeightKind,
} from '@osum/nn';
import type { PlanOptions } from './plan-options.js';
import type { PlannedDevice } from './planned-devices.js';
import { tableLines } from './table.js';

/** Weights that are planned, beside the package's own. */
const KINDS = ['bf16', 'int8'] as const;

/** Everything that `osum doctor --plan` knows of one device. */
export interface PlanReport {
  readonly device: PlannedDevice;
  /** What shares the device, by the kind of weights. */
  readonly mesh: readonly DevicePlan[];
  readonly decoder: readonly DevicePlan[];
}

/** Plans a model for devices, each with every kind of weights. Throws a `RangeError` for sessions that it cannot take. */
export function planReports(
  model: PlannedModel,
  devices: readonly PlannedDevice[],
  options: PlanOptions,
): PlanReport[] {
  const kinds: WeightKind[] = [...new Set<WeightKind>([...KINDS, model.weights])];
  return devices.map((device) => {
    const plans = (stages: SessionLoad['stages']): DevicePlan[] =>
      kinds.map((kind) => planDevice(model, device, { ...loadOf(options), stages }, kind));
    return { device, mesh: plans('mesh'), decoder: plans('decoder') };
  });
}

/** One device in full. */
export function planLines(model: PlannedModel, report: PlanReport, options: PlanOptions): string[] {
  const { device, mesh, decoder } = report;
  const kinds = mesh.map(({ kind }) => kind);
  const row = (name: string, cell: (plan: DevicePlan) => string, plans = mesh): string[] => [
    name,
    ...plans.map(cell),
  ];
  const stageRows = (['features', 'encoder', 'adapter', 'decoder'] as const).flatMap((stage) => [
    row(`${stage}: weights`, ({ memory }) => bytesText(memory[stage].weightBytes)),
    row(`${stage}: made at load, working memory`, ({ memory }) => bytesText(workingBytes(memory[stage]))),
  ]);
  return [
    ...headLines(model, device, options),
    '',
    ...tableLines([
      ['', ...kinds],
      ...stageRows,
      row('decoder: a KV block', ({ memory }) => bytesText(memory.decoder.kvBytesPerBlock)),
      row('KV blocks of a session', ({ blocksPerSession }) => String(blocksPerSession)),
      row('whole mesh on the device: KV blocks', blocksText),
      row('whole mesh on the device: sessions in one batch', sessionsText),
      row('decoder alone: KV blocks', blocksText, decoder),
      row('decoder alone: sessions in one batch', sessionsText, decoder),
      row('a decode step reads, one session', ({ single }) => bytesText(single.bytes)),
      row('tokens/s at most, one session', ({ single }) => rateText(single.tokensPerSecond)),
      row(
        'tokens/s at most, all of the decoder alone',
        ({ full }) => rateText(full.tokensPerSecond),
        decoder,
      ),
    ]),
    ...adviceLines(report, options),
  ];
}

/** Several devices side by side: a row for each and each kind of weights. */
export function comparisonLines(
  model: PlannedModel,
  reports: readonly PlanReport[],
  options: PlanOptions,
): string[] {
  const head = [
    'device',
    'weights',
    'memory',
    'weights of all stages',
    'KV blocks, whole mesh',
    'sessions = batch',
    'KV blocks, decoder alone',
    'sessions = batch',
    'tokens/s at most, one',
    'tokens/s at most, all',
  ];
  const rows = reports.flatMap(({ device, mesh, decoder }) =>
    mesh.map((plan, i) => {
      const alone = decoder[i]!;
      const { features, encoder, adapter, decoder: own } = plan.memory;
      const weights = [features, encoder, adapter, own].reduce(
        (sum, { weightBytes }) => sum + weightBytes,
        0,
      );
      return [
        device.lacks === null ? device.name : `${device.name} *`,
        plan.kind,
        bytesText(device.memoryBytes),
        bytesText(weights),
        ...[blocksText(plan), sessionsText(plan), blocksText(alone), sessionsText(alone)],
        ...[rateText(alone.single.tokensPerSecond), rateText(alone.full.tokensPerSecond)],
      ];
    }),
  );
  const lacking = reports.filter(({ device }) => device.lacks !== null);
  return [
    sessionLine(model, options),
    '',
    ...tableLines([head, ...rows], 2),
    ...(lacking.length === 0 ? [] : ['', `\\* Does not run this build: ${lacking[0]!.device.lacks}.`]),
  ];
}

function headLines(model: PlannedModel, device: PlannedDevice, options: PlanOptions): string[] {
  const { name, memoryBytes, bytesPerSecond, source, lacks } = device;
  const bandwidth =
    bytesPerSecond === null ? 'bandwidth unknown (--bandwidth)' : `${bytesPerSecond / 1e9} GB/s`;
  return [
    `${model.name} on ${name}: ${bytesText(memoryBytes)}, ${options.reserve} % of it left to the runtime (assumed, --reserve), ${bandwidth}`,
    `(${source})`,
    ...(lacks === null ? [] : [`${name} does not run this build: ${lacks}`]),
    sessionLine(model, options),
  ];
}

function sessionLine(model: PlannedModel, { seconds, promptPositions }: PlanOptions): string {
  const speech = speechPositions(model, seconds);
  const { maxNewTokens } = model.generation;
  const positions = promptPositions + speech + maxNewTokens;
  return `A session of ${seconds} s has ${positions} positions: ${promptPositions} of prompt (assumed, --prompt-positions), ${speech} of speech, ${maxNewTokens} new tokens; a KV block has ${BLOCK_POSITIONS}.`;
}

/** How to start a decoder as planned. */
function adviceLines({ device, mesh, decoder }: PlanReport, { stepRows }: PlanOptions): string[] {
  if (device.lacks !== null) return [];
  const start = (what: string, { kind, sessions, kvBlocks }: DevicePlan): string[] => {
    const flags = `--max-sequences ${sessions} --kv-blocks ${kvBlocks} --step-rows ${Math.max(stepRows, sessions)}`;
    return sessions === 0 ? [] : [`${what}, ${kind}: osum serve decoder ${flags}`];
  };
  return [
    '',
    ...mesh.flatMap((plan) => start('whole mesh', plan)),
    ...decoder.flatMap((plan) => start('decoder alone', plan)),
  ];
}

function loadOf(options: PlanOptions): Omit<SessionLoad, 'stages'> {
  return {
    audioSeconds: options.seconds,
    promptPositions: options.promptPositions,
    batchSeconds: options.batchSeconds,
    stepRows: options.stepRows,
  };
}

/** What a stage takes beside weights and KV cache. */
function workingBytes({ derivedBytes, activationBytes }: StagePlan): number {
  return derivedBytes + activationBytes;
}

function blocksText({ kvBlocks }: DevicePlan): string {
  return String(kvBlocks);
}

function sessionsText({ sessions, missingBytes }: DevicePlan): string {
  return sessions === 0 ? `none, ${bytesText(missingBytes)} short` : String(sessions);
}

function rateText(perSecond: number | null): string {
  if (perSecond === null) return '?';
  return perSecond >= 100 ? perSecond.toFixed(0) : perSecond.toPrecision(2);
}

function bytesText(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
