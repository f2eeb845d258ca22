import type { KeyUse } from './key-use.js';

const FACTOR = /^(.+)\.lora_([AB])(?:\.default)?\.weight$/;

/**
 * Keys of a language model of Llama's shape as Hugging Face names them (reference: osum-pangu-model.md, 4.1), with the
 * factors that peft adds (4.2). Rotary frequencies are stale: they are computed from `config.json`.
 */
export function languageKey(key: string): KeyUse | undefined {
  if (!/^(model|lm_head)\./.test(key)) return undefined;
  if (key.endsWith('.rotary_emb.inv_freq')) return { kind: 'unused', why: 'stale rotary frequencies' };
  const factor = FACTOR.exec(key);
  if (factor !== null) {
    return { kind: 'lora', name: `${factor[1]}.weight`, factor: factor[2] as 'A' | 'B' };
  }
  return { kind: 'tensor', name: key.replace('.base_layer.', '.') };
}
