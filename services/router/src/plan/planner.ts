import { badField, type MeshContext, type StagePool } from '@osum/mesh';
import type { Manifest } from '@osum/nn';
import { type languageDecoderDefinition, PlanSource } from '@osum/proto';
import { parseTags } from '@osum/text';
import { LRUCache } from 'lru-cache';
import { callElsewhere } from '../instances.js';
import type { RouterMetrics } from '../router-metrics.js';
import type { Capabilities } from './capabilities.js';
import { type Interpretation, intentRequest, readInterpretation } from './interpret-instruction.js';
import { type Plan, planFor } from './plan.js';

/** Turns wishes into plans. */
export interface Planner {
  /** The plan of explicit tags. Throws INVALID_ARGUMENT or FAILED_PRECONDITION. */
  fromTags(tags: string): Plan;
  /** The plan of an instruction in plain words, remembered from before or interpreted by a decoder. */
  fromInstruction(instruction: string, context: MeshContext): Promise<Plan>;
}

/** What a planner is made of. */
export interface PlannerOptions {
  readonly manifest: Manifest;
  readonly capabilities: Capabilities;
  readonly decoders: StagePool<typeof languageDecoderDefinition>;
  readonly metrics: RouterMetrics;
  readonly maxInstructionBytes: number;
  readonly minPlanScore: number;
  readonly planCacheEntries: number;
}

/** See {@link Planner}. */
export function createPlanner(options: PlannerOptions): Planner {
  const { manifest, capabilities, decoders, metrics } = options;
  const cache =
    options.planCacheEntries > 0
      ? new LRUCache<string, Interpretation>({ max: options.planCacheEntries })
      : null;

  const planOf = ({ tasks, score }: Interpretation, instruction: string, source: PlanSource): Plan => {
    if (tasks.length === 0 || score < options.minPlanScore) {
      throw capabilities.refusal('The instruction asks for nothing that the model package can do');
    }
    return planFor(tasks, capabilities, { score, source, instruction });
  };

  return {
    fromTags: (tags) =>
      planFor(parseTags(tags), capabilities, { score: 1, source: PlanSource.TAGS, instruction: undefined }),
    async fromInstruction(text, context) {
      const instruction = text.trim();
      checkInstruction(instruction, options.maxInstructionBytes);
      const remembered = cache?.get(instruction);
      metrics.planLookup(remembered !== undefined);
      if (remembered !== undefined) return planOf(remembered, instruction, PlanSource.CACHE);
      const request = intentRequest(instruction, manifest);
      const interpretation = await callElsewhere(decoders, context, (client, callOptions) =>
        readInterpretation(client.generate(request, callOptions)),
      );
      cache?.set(instruction, interpretation);
      return planOf(interpretation, instruction, PlanSource.INSTRUCTION);
    },
  };
}

function checkInstruction(instruction: string, maxBytes: number): void {
  const bytes = Buffer.byteLength(instruction);
  if (bytes === 0)
    throw badField('instruction', 'expected what you want to know, in plain words, got nothing');
  if (bytes > maxBytes) throw badField('instruction', `expected at most ${maxBytes} bytes, got ${bytes}`);
}
