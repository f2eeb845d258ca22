import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { ConvertError } from '../convert-error.js';

const count = z.int().positive();
const id = z.int().nonnegative();

const configSchema = z
  .object({
    hidden_size: count,
    intermediate_size: count,
    num_hidden_layers: count,
    num_attention_heads: count,
    num_key_value_heads: count.optional(),
    head_dim: count.nullish(),
    vocab_size: count,
    rms_norm_eps: z.number().positive(),
    rope_theta: z.number().positive().optional(),
    rope_scaling: z.null().optional(),
    rope_parameters: z
      .looseObject({ rope_theta: z.number().positive(), rope_type: z.literal('default').optional() })
      .optional(),
    max_position_embeddings: count,
    hidden_act: z.literal('silu'),
    tie_word_embeddings: z.boolean().default(false),
    bias: z.boolean().optional(),
    attention_bias: z.boolean().optional(),
    mlp_bias: z.literal(false).optional(),
    sliding_window: z.int().nullish(),
    use_sliding_window: z.boolean().optional(),
    bos_token_id: id,
    eos_token_id: z.union([id, z.array(id).min(1)]),
    pad_token_id: z.int().nullish(),
  })
  .refine((config) => config.sliding_window == null || config.use_sliding_window === false, {
    path: ['sliding_window'],
    message: 'attention over a window is not served',
  })
  .transform((config) => ({
    ...config,
    num_key_value_heads: config.num_key_value_heads ?? config.num_attention_heads,
    head_dim: config.head_dim ?? config.hidden_size / config.num_attention_heads,
    rope_theta: config.rope_theta ?? config.rope_parameters?.rope_theta ?? DEFAULT_ROPE_THETA,
    /** Whether the attention's projections have biases; undefined when the file does not tell. */
    attention_bias: config.attention_bias ?? config.bias,
  }))
  .refine((config) => Number.isInteger(config.head_dim) && config.head_dim % 2 === 0, {
    path: ['head_dim'],
    message: 'hidden_size / num_attention_heads is not an even whole number',
  });

/** What Hugging Face takes when `config.json` is silent. */
const DEFAULT_ROPE_THETA = 10_000;

/** What a language model's `config.json` tells beyond its tensors. */
export type LanguageConfig = z.infer<typeof configSchema>;

/** Reads `config.json` of a language model of Llama's shape. Rejects with a `ConvertError` for another architecture. */
export async function readLanguageConfig(folder: string): Promise<LanguageConfig> {
  const where = `${basename(folder)}/config.json`;
  let text: string;
  try {
    text = await readFile(join(folder, 'config.json'), 'utf8');
  } catch (error) {
    throw new ConvertError(
      'not-found',
      `${folder} holds no config.json; give the folder of the language model with its config.json and tokenizer.model`,
      { cause: error },
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ConvertError('damaged', `${where} is not JSON (${(error as Error).message}); copy it again`);
  }
  const result = configSchema.safeParse(json);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new ConvertError(
    'config',
    `${where} describes no model of Llama's shape that is served here: ${issues.join('; ')}`,
  );
}
