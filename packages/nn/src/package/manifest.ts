import { z } from 'zod';
import { PackageError } from './package-error.js';

/** The package format that this build reads. */
export const PACKAGE_FORMAT = 'osum-package/1';

const count = z.int().positive();
const text = z.string();

const file = z.object({
  /** File name inside the package folder. */
  path: text.regex(/^[^/\\]+$/, 'is a plain file name inside the package'),
  /** SHA-256 of the content, lower-case hex. */
  sha256: text.regex(/^[0-9a-f]{64}$/, 'is 64 lower-case hex digits'),
  /** Length in bytes. */
  bytes: count,
});

const audio = z.object({ sampleRate: z.literal(16_000), melBins: count, maxSeconds: z.number().positive() });

const encoder = z
  .object({
    layers: count,
    width: count,
    heads: count,
    ffn: count,
    maxFrames: count,
    /**
     * How bf16 rounds inside GELU: once (`fused`, the default), or after each of its operations as upstream's encoder
     * does (`stepwise`; reference: osum-pangu-model.md, section 2).
     */
    gelu: z.enum(['fused', 'stepwise']).optional(),
  })
  .refine((e) => e.width % e.heads === 0, 'width is a multiple of heads');

const adapter = z
  .object({
    layers: count,
    width: count,
    heads: count,
    ffn: count,
    strides: z.array(count).min(1),
    outWidth: count,
  })
  .refine((a) => a.width % a.heads === 0, 'width is a multiple of heads');

const decoder = z
  .object({
    layers: count,
    width: count,
    heads: count,
    kvHeads: count,
    headDim: count.refine((d) => d % 2 === 0, 'is even'),
    ffn: count,
    vocab: count,
    ropeTheta: z.number().positive(),
    ropeRounding: z.enum(['bf16', 'fp32']),
    rmsEps: z.number().positive(),
    maxPositions: count,
  })
  .refine((d) => d.heads % d.kvHeads === 0, 'heads is a multiple of kvHeads');

const tokenizer = z.object({
  type: z.literal('sentencepiece'),
  bos: z.int().nonnegative(),
  eos: z.int().nonnegative(),
  pad: z.int().nonnegative(),
  /** Symbols that are split off before SentencePiece sees the text. */
  addedTokens: z.array(
    z.object({
      text,
      id: z.int().nonnegative(),
      /** Drops the white space before or behind the symbol. */
      stripLeft: z.boolean().optional(),
      stripRight: z.boolean().optional(),
    }),
  ),
});

const segment = z.union([
  /** Fixed text, tokenised by a call of its own; `bos` puts the bos id in front. */
  z.strictObject({ text, bos: z.boolean() }),
  /** The caller's instruction. */
  z.strictObject({ instruction: z.literal(true), bos: z.boolean() }),
  /** The speech rows with their bos and eos rows. */
  z.strictObject({ speech: z.literal(true) }),
]);

const score = z.object({ metric: text, value: z.number(), on: text, n: count.optional() });

const task = z.object({
  supported: z.boolean(),
  languages: z.array(text).optional(),
  labels: z.array(text).optional(),
  untrainedLabels: z.array(text).optional(),
  scores: z.array(score).optional(),
});

const manifest = z
  .object({
    format: z.literal(PACKAGE_FORMAT),
    name: text.min(1),
    version: text.min(1),
    weights: z.enum(['int8', 'bf16', 'fp32']),
    files: z.object({ encoder: file, adapter: file, decoder: file, tokenizer: file }),
    audio,
    encoder,
    adapter,
    decoder,
    tokenizer,
    prompts: z.object({ understand: z.array(segment), chat: z.array(segment), intent: z.array(segment) }),
    intentPrefix: text,
    passPrompt: z.enum(['tags', 'instruction']),
    generation: z.object({
      maxNewTokens: count,
      repetitionPenalty: z.number().positive(),
      /**
       * Ends a pass whose last tokens are the same ones again and again, at least `times` times and at least `tokens`
       * tokens in all; without it, such a pass goes on to its limit on new tokens.
       */
      repetition: z.object({ times: count.min(2), tokens: count }).optional(),
    }),
    combinations: z.array(text),
    tasks: z.record(text, task),
    /**
     * How well instructions are turned into tags. `refuses`: the model was taught to print no tag for a request
     * that no task answers, so an empty answer is legal.
     */
    intent: z
      .object({ languages: z.array(text), refuses: z.boolean().default(false), scores: z.array(score) })
      .optional(),
    provenance: z.looseObject({}),
    licences: z.array(z.looseObject({ what: text, licence: text })),
  })
  .refine((m) => m.adapter.outWidth === m.decoder.width, {
    path: ['adapter', 'outWidth'],
    message: 'equals decoder.width',
  });

/** `model.json`, checked. */
export type Manifest = z.infer<typeof manifest>;
export type EncoderDims = Manifest['encoder'];
export type AdapterDims = Manifest['adapter'];
export type DecoderDims = Manifest['decoder'];
export type PromptSegment = z.infer<typeof segment>;
/** The files of a package. */
export type PackageFile = keyof Manifest['files'];
/** How a package stores its linear weights. */
export type WeightKind = Manifest['weights'];

/** Checks the parsed JSON of a `model.json`; throws a `PackageError` that names the offending key. */
export function parseManifest(json: unknown): Manifest {
  const format = (json as { format?: unknown } | null)?.format;
  if (format !== PACKAGE_FORMAT) {
    throw new PackageError(
      'format-version',
      `model.json says format ${JSON.stringify(format) ?? 'nothing'}, but this build reads "${PACKAGE_FORMAT}"; convert the package with the matching version of osum`,
    );
  }
  const result = manifest.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const more = result.error.issues.length - 1;
  throw new PackageError(
    'manifest',
    `model.json: ${issue.path.join('.') || 'the top level'}: ${issue.message}${more > 0 ? ` (and ${more} more)` : ''}; write the package again`,
  );
}
