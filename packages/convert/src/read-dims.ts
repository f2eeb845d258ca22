import { type ModelDims, type Stage, stageTensors, type TensorSpec } from '@osum/nn';
import { ConvertError } from './convert-error.js';
import type { ConvertOptions } from './convert-options.js';
import type { LanguageConfig } from './language/language-config.js';
import type { Inventory } from './layout/inventory.js';
import { ShapeReader } from './layout/model-shape.js';
import type { Problems } from './layout/problems.js';
import { keptStages, type StandingPackage } from './standing-package.js';

/** The longest utterance that the published model was trained on, and the longest that it can take (section 10). */
const TRAINED_SECONDS = 40;
const MOST_SECONDS = 400;

/** Dimensions as far as tensors tell them. */
export type KnownDims = { readonly [Part in keyof ModelDims]: ModelDims[Part] | undefined };

/**
 * Dimensions of the converted stages from their tensors, of the others from the package. What is missing or contradictory
 * becomes a problem, and its part stays undefined.
 */
export function readDims(
  options: ConvertOptions,
  stages: readonly Stage[],
  config: LanguageConfig | null,
  { weights }: Inventory,
  standing: StandingPackage | null,
  problems: Problems,
): KnownDims {
  const { maxSeconds = TRAINED_SECONDS, ropeRounding = 'bf16', encoderHeads, adapterHeads } = options;
  if (!(maxSeconds >= 1 && maxSeconds <= MOST_SECONDS)) {
    throw new ConvertError('options', `utterances can be 1 to ${MOST_SECONDS} s long, not ${maxSeconds}`);
  }
  const reader = new ShapeReader(weights, { encoderHeads, adapterHeads, maxSeconds, ropeRounding }, problems);
  const kept = standing?.manifest;
  const takes = (stage: Stage): boolean => stages.includes(stage);
  const shape = takes('encoder') ? reader.encoder() : undefined;
  const audio = shape && ({ sampleRate: 16_000, melBins: shape.melBins, maxSeconds } as const);
  const dims: KnownDims = {
    audio: takes('encoder') ? audio : kept?.audio,
    encoder: takes('encoder') ? shape?.dims : kept?.encoder,
    adapter: takes('adapter') ? reader.adapter() : kept?.adapter,
    decoder: config === null ? kept?.decoder : reader.decoder(config),
  };
  checkSeams(dims, stages, standing, problems);
  return dims;
}

/** The tensors of a stage; undefined while dimensions that decide them are not known. */
export function knownTensors(dims: KnownDims, stage: Stage): TensorSpec[] | undefined {
  const { audio, encoder, adapter, decoder } = dims;
  const isKnown = {
    encoder: encoder !== undefined && audio !== undefined,
    adapter: adapter !== undefined && encoder !== undefined,
    decoder: decoder !== undefined,
  };
  return isKnown[stage] ? stageTensors(dims as ModelDims, stage) : undefined;
}

/** Where stages meet: the adapter's output, and stages that stay beside new ones. */
function checkSeams(
  dims: KnownDims,
  stages: readonly Stage[],
  standing: StandingPackage | null,
  problems: Problems,
): void {
  const { adapter, decoder } = dims;
  if (adapter !== undefined && decoder !== undefined && adapter.outWidth !== decoder.width) {
    problems.add(
      'shape',
      'speech_llama_proj.weight',
      `${decoder.width} rows expected, the width of the language model, but it has ${adapter.outWidth}`,
    );
  }
  if (standing === null) return;
  for (const stage of keptStages(stages)) {
    const found = knownTensors(dims, stage);
    if (
      found === undefined ||
      JSON.stringify(found) === JSON.stringify(stageTensors(standing.manifest, stage))
    )
      continue;
    problems.add(
      'shape',
      stage,
      `the package's ${stage} does not fit the new ${stages.join(' and ')}; convert it too`,
    );
  }
}
