import type { Stage } from '@osum/nn';

/** The stage that a tensor of the package belongs to, by its name. */
export function stageOfName(name: string): Stage {
  if (name.startsWith('encoder.')) return 'encoder';
  return /^(model|lm_head)\./.test(name) ? 'decoder' : 'adapter';
}
