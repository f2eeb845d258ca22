import { badField } from '@osum/mesh';
import type { Manifest } from '@osum/nn';
import { Grammar, type Pass, type Sampling } from '@osum/proto';
import type { TagAutomaton, Tokenizer } from '@osum/text';
import {
  constrainedChooser,
  greedyChooser,
  samplingChooser,
  type TokenChooser,
} from './choice/token-chooser.js';
import { type AssembledPrompt, assemble } from './prompt-assembly.js';
import { RepetitionDetector } from './schedule/repetition-detector.js';
import type { PassRequest } from './session/session-request.js';

/** What turns a pass of a request into token ids. */
export interface Language {
  readonly manifest: Manifest;
  readonly tokenizer: Tokenizer;
  /** The package's legal task tags. */
  readonly tags: TagAutomaton;
  /** Most bytes of an instruction. */
  readonly maxInstructionBytes: number;
}

/** A checked pass. */
export interface CheckedPass extends PassRequest {
  readonly assembled: AssembledPrompt;
}

/** Checks a pass of a Generate request and assembles its prompt. Throws INVALID_ARGUMENT naming the field. */
export function checkedPass(pass: Pass, index: number, language: Language): CheckedPass {
  const at = (field: string) => `passes[${index}].${field}`;
  const { manifest, tokenizer } = language;
  const { generation } = manifest;
  checkInstruction(pass.instruction, at('instruction'), language.maxInstructionBytes);
  const assembled = assemble(manifest.prompts, tokenizer, pass.mode, pass.instruction, at('mode'));
  if (assembled.hasInstruction && pass.instruction === '') {
    throw badField(at('instruction'), 'expected tags or words for this mode, got an empty string');
  }
  const maxNewTokens = pass.maxNewTokens ?? generation.maxNewTokens;
  if (maxNewTokens < 1 || maxNewTokens > generation.maxNewTokens) {
    throw badField(at('max_new_tokens'), `expected 1 to ${generation.maxNewTokens}, got ${maxNewTokens}`);
  }
  const penalty = pass.repetitionPenalty ?? generation.repetitionPenalty;
  if (!(penalty >= 1 && Number.isFinite(penalty))) {
    throw badField(at('repetition_penalty'), `expected a finite number of at least 1, got ${penalty}`);
  }
  const chooser = chooserOf(pass, penalty, language.tags, at);
  const repetition = generation.repetition && new RepetitionDetector(generation.repetition);
  const rule = { chooser, maxNewTokens, repetition, stopTokens: new Set([tokenizer.eos]) };
  return { prompt: assembled.prompt, systemTokens: assembled.systemTokens, rule, assembled };
}

function chooserOf(
  { grammar, sampling }: Pass,
  penalty: number,
  tags: TagAutomaton,
  at: (field: string) => string,
): TokenChooser {
  switch (grammar) {
    case Grammar.UNSPECIFIED:
    case Grammar.FREE:
      return sampling === undefined
        ? greedyChooser(penalty)
        : samplingChooser(samplingRule(sampling, at), penalty);
    case Grammar.TAGS:
      if (sampling !== undefined)
        throw badField(at('sampling'), 'expected none, for a grammar is decoded greedily');
      return constrainedChooser(tags, penalty);
    default:
      throw badField(at('grammar'), `expected FREE or TAGS, got ${grammar}`);
  }
}

function samplingRule({ temperature, topP = 1, topK, seed }: Sampling, at: (field: string) => string) {
  if (!(temperature > 0 && temperature <= 2)) {
    throw badField(at('sampling.temperature'), `expected above 0 and at most 2, got ${temperature}`);
  }
  if (!(topP > 0 && topP <= 1)) {
    throw badField(at('sampling.top_p'), `expected above 0 and at most 1, got ${topP}`);
  }
  if (topK === 0) throw badField(at('sampling.top_k'), 'expected at least 1, got 0');
  return { temperature, topP, topK: topK ?? 0, seed: seedFrom(seed) };
}

/** Folds a 64-bit seed into the 32 bits that the generator takes; without one, an arbitrary seed. */
function seedFrom(seed: bigint | undefined): number {
  if (seed === undefined) return Math.floor(Math.random() * 2 ** 32);
  return Number((seed ^ (seed >> 32n)) & 0xffffffffn);
}

function checkInstruction(instruction: string, field: string, maxBytes: number): void {
  const bytes = Buffer.byteLength(instruction);
  if (bytes > maxBytes) throw badField(field, `expected at most ${maxBytes} bytes, got ${bytes}`);
}
