import type { Tokenizer } from './tokenizer.js';

/** A place in the automaton: an index into its states. */
export type TagState = number;

/** The legal tag strings as a deterministic automaton over token ids, for constrained greedy decoding. */
export interface TagAutomaton {
  readonly start: TagState;
  /** The ids that may follow, ascending; the eos id is among them where a legal string may end. */
  allowedNext(state: TagState): Int32Array;
  /**
   * The state after `id`, or undefined where `id` is not allowed. The eos id leads nowhere: stop at it
   * instead.
   */
  advance(state: TagState, id: number): TagState | undefined;
  /** True where the ids so far spell a whole legal string. */
  canFinish(state: TagState): boolean;
}

interface Node {
  readonly children: Map<number, TagState>;
  final: boolean;
}

/**
 * Builds the automaton: a trie of each string's tokens. A tag may be one symbol of the vocabulary or several
 * ordinary pieces; each string is tokenised whole, as training tokenised it, so pieces that span two tags are
 * handled too.
 * @param legal the tag strings that may be produced, for example from `legalTagStrings`. An empty string
 * permits an immediate eos.
 * @throws {Error} when `legal` is empty.
 */
export function createTagAutomaton(
  tokenizer: Pick<Tokenizer, 'encode' | 'eos'>,
  legal: readonly string[],
): TagAutomaton {
  if (legal.length === 0) throw new Error('expected at least one legal tag string, got none');
  const nodes: Node[] = [{ children: new Map(), final: false }];
  for (const tags of legal) {
    let state = 0;
    for (const id of tokenizer.encode(tags)) {
      const { children } = nodes[state]!;
      const next = children.get(id) ?? nodes.length;
      if (next === nodes.length) nodes.push({ children: new Map(), final: false });
      children.set(id, next);
      state = next;
    }
    nodes[state]!.final = true;
  }
  const allowed = nodes.map(({ children, final }) =>
    Int32Array.from(final ? [...children.keys(), tokenizer.eos] : children.keys()).sort(),
  );
  return {
    start: 0,
    allowedNext: (state) => allowed[state]!,
    advance: (state, id) => nodes[state]!.children.get(id),
    canFinish: (state) => nodes[state]!.final,
  };
}
