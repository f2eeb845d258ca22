import type { KeyUse, Naming } from './key-use.js';

/** What a checkpoint of Whisper calls things, and what the package does (reference: osum-pangu-model.md, section 2). */
interface Renaming {
  readonly block: RegExp;
  /** Parts of a block. */
  readonly parts: Readonly<Record<string, string>>;
  /** Parts outside of the blocks. */
  readonly others: Readonly<Record<string, string>>;
  readonly positions: string;
}

const CONVOLUTIONS = { conv1: 'embed.conv.0', conv2: 'embed.conv.2' };

const OPENAI: Renaming = {
  block: /^blocks\.(\d+)\.(.+)$/,
  parts: {
    'attn.query': 'self_attn.linear_q',
    'attn.key': 'self_attn.linear_k',
    'attn.value': 'self_attn.linear_v',
    'attn.out': 'self_attn.linear_out',
    attn_ln: 'norm1',
    'mlp.0': 'feed_forward.w_1',
    'mlp.2': 'feed_forward.w_2',
    mlp_ln: 'norm2',
  },
  others: { ...CONVOLUTIONS, ln_post: 'after_norm' },
  positions: 'positional_embedding',
};

const HUGGING_FACE: Renaming = {
  block: /^layers\.(\d+)\.(.+)$/,
  parts: {
    'self_attn.q_proj': 'self_attn.linear_q',
    'self_attn.k_proj': 'self_attn.linear_k',
    'self_attn.v_proj': 'self_attn.linear_v',
    'self_attn.out_proj': 'self_attn.linear_out',
    self_attn_layer_norm: 'norm1',
    fc1: 'feed_forward.w_1',
    fc2: 'feed_forward.w_2',
    final_layer_norm: 'norm2',
  },
  others: { ...CONVOLUTIONS, layer_norm: 'after_norm' },
  positions: 'embed_positions.weight',
};

/** The naming of a checkpoint that has one of these keys; undefined for one that is no Whisper. */
export function whisperNaming(keys: ReadonlySet<string>): Naming | undefined {
  const has = (...names: string[]): boolean => names.some((name) => keys.has(name));
  if (has('encoder.blocks.0.attn.query.weight')) return (key) => whisperKey(key, OPENAI);
  const layer = 'encoder.layers.0.self_attn.q_proj.weight';
  if (has(layer, `model.${layer}`)) return (key) => whisperKey(key, HUGGING_FACE);
  return undefined;
}

function whisperKey(key: string, renaming: Renaming): KeyUse | undefined {
  const name = key.replace(/^model\./, '');
  if (/^(decoder|proj_out)\./.test(name)) return { kind: 'unused', why: "Whisper's own text decoder" };
  if (!name.startsWith('encoder.')) return undefined;
  const inside = name.slice('encoder.'.length);
  if (inside === renaming.positions) return { kind: 'positions', stage: 'encoder' };
  const block = renaming.block.exec(inside);
  const [path, parts] = block === null ? [inside, renaming.others] : [block[2]!, renaming.parts];
  const parameter = /^(.+)\.(weight|bias)$/.exec(path);
  const renamed = parameter === null ? undefined : parts[parameter[1]!];
  if (renamed === undefined) return undefined;
  const prefix = block === null ? 'encoder' : `encoder.encoders.${block[1]}`;
  return { kind: 'tensor', name: `${prefix}.${renamed}.${parameter![2]}` };
}
