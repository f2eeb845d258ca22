import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Manifest } from '@osum/nn';
import { createTokenizer, readSentencePieces, type SentencePieces } from '@osum/text';
import { z } from 'zod';
import { ConvertError } from '../convert-error.js';
import type { LanguageConfig } from './language-config.js';

const tokenText = z.union([
  z.string(),
  z.object({ content: z.string() }).transform(({ content }) => content),
]);
const optionalToken = tokenText.nullish();

const registeredSchema = z.looseObject({
  content: z.string().min(1),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  single_word: z.boolean().default(false),
});

const configSchema = z.looseObject({
  added_tokens_decoder: z.record(z.string().regex(/^\d+$/), registeredSchema).optional(),
  additional_special_tokens: z.array(tokenText).optional(),
  bos_token: optionalToken,
  eos_token: optionalToken,
  unk_token: optionalToken,
});
type TokenizerConfig = z.infer<typeof configSchema>;
type AddedToken = Manifest['tokenizer']['addedTokens'][number];

/** The tokenizer of a language model, checked against its `config.json`. */
export interface TokenizerFiles {
  /** Content of `tokenizer.model`. */
  readonly model: Buffer;
  /** The `tokenizer` entry of `model.json`. */
  readonly entry: Manifest['tokenizer'];
  /** What a reader should know, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Reads `tokenizer.model`, `tokenizer_config.json` and `special_tokens_map.json` of a language model. Rejects with a
 * `ConvertError` when they are not those of the model: too many or far too few pieces, special tokens elsewhere.
 */
export async function readTokenizer(folder: string, config: LanguageConfig): Promise<TokenizerFiles> {
  const model = await readFile(join(folder, 'tokenizer.model')).catch((cause) => {
    throw new ConvertError(
      'not-found',
      `${folder} holds no tokenizer.model; copy it from the language model`,
      {
        cause,
      },
    );
  });
  const pieces = readPieces(model);
  checkSize(pieces.size, config.vocab_size);
  const settings: TokenizerConfig = {
    ...(await readSettings(folder, 'special_tokens_map.json')),
    ...(await readSettings(folder, 'tokenizer_config.json')),
  };
  const notes: string[] = [];
  const addedTokens = addedTokensOf(settings, pieces, config.vocab_size, notes);
  const idOf = (text: string): number | undefined =>
    addedTokens.find((token) => token.text === text)?.id ?? pieces.idOf(text);

  const bos = specialId('bos', [config.bos_token_id], settings.bos_token, idOf);
  const eos = specialId('eos', [config.eos_token_id].flat(), settings.eos_token, idOf);
  const pad = config.pad_token_id ?? pieces.unknownId;
  if (pad < 0 || pad >= config.vocab_size) throw otherModel(`the pad id ${pad} is no id of the vocabulary`);
  const entry = { type: 'sentencepiece', bos, eos, pad, addedTokens } as const;
  try {
    createTokenizer(model, entry);
  } catch (error) {
    throw otherModel((error as Error).message);
  }
  return { model, entry, notes };
}

function readPieces(model: Uint8Array): SentencePieces {
  try {
    return readSentencePieces(model);
  } catch (error) {
    throw new ConvertError(
      'tokenizer',
      `tokenizer.model cannot be used: ${(error as Error).message}; copy it from the language model again`,
      { cause: error },
    );
  }
}

/** Vocabularies are padded, but by no large part of them: more of a difference means two different models. */
function checkSize(pieces: number, vocabulary: number): void {
  const padding = Math.max(127, Math.floor(vocabulary / 10));
  if (pieces <= vocabulary && pieces >= vocabulary - padding) return;
  throw otherModel(`it has ${pieces} pieces, but config.json a vocabulary of ${vocabulary}`);
}

async function readSettings(folder: string, name: string): Promise<TokenizerConfig> {
  let text: string;
  try {
    text = await readFile(join(folder, name), 'utf8');
  } catch {
    return {};
  }
  try {
    return configSchema.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? (error.issues[0]?.message ?? '') : (error as Error).message;
    throw new ConvertError(
      'tokenizer',
      `${basename(folder)}/${name} cannot be read (${why}); copy it from the language model again`,
      { cause: error },
    );
  }
}

/** Registered tokens by id; without a list of them, the special ones, at the ids of their pieces. */
function addedTokensOf(
  settings: TokenizerConfig,
  pieces: SentencePieces,
  vocabulary: number,
  notes: string[],
): AddedToken[] {
  const registered = settings.added_tokens_decoder;
  if (registered === undefined) {
    const { bos_token, eos_token, unk_token, additional_special_tokens = [] } = settings;
    const texts = [unk_token, bos_token, eos_token, ...additional_special_tokens].filter(
      (text) => text !== undefined && text !== null,
    );
    return [...new Set(texts)].map((text) => {
      const id = pieces.idOf(text);
      if (id === undefined) throw otherModel(`it has no piece for the special token ${JSON.stringify(text)}`);
      return { text, id };
    });
  }
  return Object.entries(registered).flatMap(([key, token]): AddedToken[] => {
    const id = Number(key);
    const { content: text, lstrip, rstrip, single_word } = token;
    if (id >= vocabulary) {
      notes.push(`the added token ${JSON.stringify(text)} is left out: its id ${id} has no embedding`);
      return [];
    }
    const piece = pieces.textOf(id);
    if (piece !== undefined && piece !== text) {
      throw otherModel(
        `its piece ${id} is ${JSON.stringify(piece)}, but tokenizer_config.json puts ${JSON.stringify(text)} there`,
      );
    }
    if (single_word) {
      notes.push(`the added token ${JSON.stringify(text)} is also found inside words, unlike upstream`);
    }
    return [{ text, id, ...(lstrip ? { stripLeft: true } : {}), ...(rstrip ? { stripRight: true } : {}) }];
  });
}

/** The id that `config.json` gives, of which the tokenizer's files must say the same. */
function specialId(
  name: string,
  ids: readonly number[],
  text: string | null | undefined,
  idOf: (text: string) => number | undefined,
): number {
  const known = text === undefined || text === null ? undefined : idOf(text);
  if (known === undefined && ids.length === 1) return ids[0]!;
  if (known !== undefined && ids.includes(known)) return known;
  throw otherModel(
    `config.json gives ${ids.join(' and ')} as the ${name} id, but the tokenizer has ${JSON.stringify(text)} at ${known ?? 'none'}`,
  );
}

function otherModel(why: string): ConvertError {
  return new ConvertError(
    'tokenizer',
    `tokenizer.model is not this language model's: ${why}; take both from the same release`,
  );
}
