import type { Stage, WeightKind } from '@osum/nn';
import type { PromptSet } from './published-prompts.js';

/** Stages whose files are converted, in the order in which they are written. */
export const STAGES: readonly Stage[] = ['encoder', 'adapter', 'decoder'];

/** What is converted, and into what. */
export interface ConvertOptions {
  /** The OSUM-Pangu checkpoint: a .pt file, a safetensors file, or a folder of those; for the encoder alone also a Whisper. */
  readonly checkpoint: string;
  /** Folder of the language model; only the decoder needs it. */
  readonly llm?: string | undefined;
  /** A Whisper encoder, for a checkpoint that has none. */
  readonly encoder?: string | undefined;
  /** Folder of the package; it appears when the package is whole. */
  readonly out: string;
  /** How linear weights are stored. Default: bf16, or what the package has whose stages are replaced. */
  readonly weights?: WeightKind | undefined;
  /** Replaces these stages of the package at `out`. Default: all, as a new package. */
  readonly stages?: readonly Stage[] | undefined;
  /** Replaces a package that stands at `out`. Default: false. */
  readonly replace?: boolean | undefined;
  /** Default: serving. */
  readonly prompts?: PromptSet | undefined;
  /** Rounding of the rotary frequencies. Default: bf16, as the published model ran (reference: section 4.1). */
  readonly ropeRounding?: 'bf16' | 'fp32' | undefined;
  /** Default: the encoder's width / 64, as in all Whispers. */
  readonly encoderHeads?: number | undefined;
  /** Default: 4, as published. */
  readonly adapterHeads?: number | undefined;
  /** Numerator of LoRA's scale. Default: 32 where its rank is the published 64. */
  readonly loraAlpha?: number | undefined;
  /** The longest utterance that the package takes; 1 to 400. Default: 40, the longest that was trained. */
  readonly maxSeconds?: number | undefined;
  /** Leaves out keys that begin with one of these, though nothing is known about them. Default: none. */
  readonly leaveOut?: readonly string[] | undefined;
  /** Only checks that the checkpoint can be converted, and writes nothing. Default: false. */
  readonly checkOnly?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Hears what is being written. */
  readonly onProgress?: ((progress: ConvertProgress) => void) | undefined;
}

/** How far a conversion is. */
export interface ConvertProgress {
  readonly stage: Stage;
  readonly tensor: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** What a conversion did. */
export interface ConvertReport {
  /** Folder of the package. */
  readonly out: string;
  /** Bytes of the files of the converted stages. */
  readonly bytes: number;
  /** Tensors of the package that were converted. */
  readonly tensors: number;
  /** Of those, how many an interrupted run had written already. */
  readonly resumed: number;
  /** Keys that were left out, by reason. */
  readonly unused: ReadonlyMap<string, number>;
  /** LoRA that was merged; null when there was none. */
  readonly lora: { readonly rank: number; readonly scale: number } | null;
  /** What a reader should know, a sentence each. */
  readonly notes: readonly string[];
}
