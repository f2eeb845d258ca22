import { basename, resolve } from 'node:path';
import type { Stage } from '@osum/nn';
import type { Checkpoint } from './checkpoint/checkpoint.js';
import { openCheckpoint } from './checkpoint/open-checkpoint.js';
import { openSafetensors, safetensorsOf } from './checkpoint/safetensors-checkpoint.js';
import { ConvertError } from './convert-error.js';
import type { ConvertOptions } from './convert-options.js';
import { type LanguageConfig, readLanguageConfig } from './language/language-config.js';
import { readTokenizer, type TokenizerFiles } from './language/tokenizer-files.js';
import type { Source } from './layout/inventory.js';
import type { KeyUse, Naming } from './naming/key-use.js';
import { languageKey } from './naming/language-keys.js';
import { osumKey } from './naming/osum-keys.js';
import { stageOfName } from './naming/stage-of-name.js';
import { whisperNaming } from './naming/whisper-keys.js';

/** Everything that a conversion reads, opened. */
export interface Sources extends AsyncDisposable {
  /** The earlier one's tensors are taken where two have the same. */
  readonly checkpoints: readonly Source[];
  /** Of the language model; null when the decoder is not converted. */
  readonly language: { readonly config: LanguageConfig; readonly tokenizer: TokenizerFiles } | null;
}

/** Opens the checkpoint, the encoder if one is given, and the language model if the decoder is converted. */
export async function openSources(options: ConvertOptions, stages: readonly Stage[]): Promise<Sources> {
  const opened: Checkpoint[] = [];
  const keep = async (opening: Promise<Checkpoint>): Promise<Checkpoint> => {
    const checkpoint = await opening;
    opened.push(checkpoint);
    return checkpoint;
  };
  const close = async (): Promise<void> => {
    for (const checkpoint of opened) await checkpoint[Symbol.asyncDispose]();
  };
  try {
    const checkpoint = await keep(openCheckpoint(options.checkpoint));
    const naming = leavingOut(namingOf(checkpoint), options.leaveOut ?? []);
    const checkpoints: Source[] = [{ checkpoint, naming: onlyStages(naming, stages) }];
    if (options.encoder !== undefined) {
      refuseSecondEncoder(checkpoint, naming);
      const encoder = await keep(openCheckpoint(options.encoder));
      checkpoints.push({ checkpoint: encoder, naming: onlyStages(namingOf(encoder), ['encoder']) });
    }
    if (!stages.includes('decoder')) {
      return { checkpoints, language: null, [Symbol.asyncDispose]: close };
    }
    if (options.llm === undefined) {
      throw new ConvertError(
        'options',
        'the decoder needs the language model: its config.json and its tokenizer; give its folder with --llm',
      );
    }
    const config = await readLanguageConfig(options.llm);
    const tokenizer = await readTokenizer(options.llm, config);
    const shards = await safetensorsOf(options.llm);
    if (shards.length > 0) {
      const model = await keep(openSafetensors(shards, basename(resolve(options.llm))));
      checkpoints.push({ checkpoint: model, naming: languageKey });
    }
    return { checkpoints, language: { config, tokenizer }, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

function namingOf({ tensors }: Checkpoint): Naming {
  return whisperNaming(new Set(tensors.keys())) ?? osumKey;
}

/** Leaves out keys by the beginning of their names. */
function leavingOut(naming: Naming, beginnings: readonly string[]): Naming {
  return (key) =>
    beginnings.some((beginning) => key.startsWith(beginning))
      ? { kind: 'unused', why: 'what was to be left out' }
      : naming(key);
}

/** Leaves out the keys of other stages. */
function onlyStages(naming: Naming, stages: readonly Stage[]): Naming {
  return (key) => {
    const use = naming(key);
    const stage = use === undefined ? undefined : stageOf(use);
    if (stage === undefined || stages.includes(stage)) return use;
    return { kind: 'unused', why: `of the ${stage}, which is not converted` };
  };
}

function stageOf(use: KeyUse): Stage | undefined {
  if (use.kind === 'unused') return undefined;
  return use.kind === 'positions' ? use.stage : stageOfName(use.name);
}

function refuseSecondEncoder({ label, tensors }: Checkpoint, naming: Naming): void {
  for (const key of tensors.keys()) {
    const use = naming(key);
    if (use?.kind !== 'tensor' || stageOf(use) !== 'encoder') continue;
    throw new ConvertError(
      'options',
      `${label} has an encoder of its own, which was trained with the rest; leave out --encoder`,
    );
  }
}
