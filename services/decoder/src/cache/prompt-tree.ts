import { BLOCK_POSITIONS } from '@osum/nn';
import { blocksBetween } from './context-span.js';
import { commonPrefixLength, type Prompt, promptRows, SPEECH } from './prompt.js';

/** A stretch of prompt that is computed once: a leaf belongs to one pass, an inner node to all passes below it. */
export interface PromptNode {
  readonly prompt: Prompt;
  /** Index of the pass that generates after this node; null for inner nodes. */
  readonly pass: number | null;
  readonly children: readonly PromptNode[];
}

interface Member {
  readonly pass: number;
  readonly prompt: Prompt;
}

/** What sharing is worth: stretches below `minSharedRows` are computed by each pass again. */
export interface SharingRule {
  readonly minSharedRows: number;
  /** Rows to count for speech. */
  readonly speechRows: number;
}

/** Arranges the prompts of several passes so that what they have in common from the start is computed once. */
export function promptTree(prompts: readonly Prompt[], rule: SharingRule): PromptNode[] {
  return arrange(
    prompts.map((prompt, pass) => ({ pass, prompt })),
    rule,
  );
}

function arrange(members: readonly Member[], rule: SharingRule): PromptNode[] {
  if (members.length <= 1) return members.map(leaf);
  const common = commonPrefixLength(members.map((member) => member.prompt));
  const shared = (members[0] as Member).prompt.slice(0, common);
  if (common > 0 && promptRows(shared, rule.speechRows) >= rule.minSharedRows) {
    const rests = members.map(({ pass, prompt }) => ({ pass, prompt: prompt.slice(common) }));
    return [{ prompt: shared, pass: null, children: split(rests, 0, rule) }];
  }
  return split(members, common, rule);
}

/** Separates members that differ at `index`; those that agree there may still share more. */
function split(members: readonly Member[], index: number, rule: SharingRule): PromptNode[] {
  const groups = new Map<number | undefined, Member[]>();
  for (const member of members) {
    const element = member.prompt[index];
    groups.set(element, [...(groups.get(element) ?? []), member]);
  }
  if (groups.size === 1) return members.map(leaf);
  return [...groups.values()].flatMap((group) => arrange(group, rule));
}

function leaf({ pass, prompt }: Member): PromptNode {
  return { prompt, pass, children: [] };
}

/** How long spans may become. */
export interface GrowthBound {
  /** Most rows of speech. */
  readonly speechRows: number;
  /** Most tokens that a pass generates. */
  growthRows(pass: number): number;
}

/** A node with the KV blocks that are enough for it and its last possible position. */
export interface SizedNode {
  readonly prompt: Prompt;
  readonly pass: number | null;
  readonly blocks: number;
  readonly endBound: number;
  readonly children: readonly SizedNode[];
}

/**
 * Sizes a tree that starts at position `start`. Below speech, whose length is only bounded, a span may begin anywhere
 * in a block, so the worst alignment is counted.
 */
export function sizeTree(
  nodes: readonly PromptNode[],
  start: number,
  bound: GrowthBound,
  belowSpeech = false,
): SizedNode[] {
  return nodes.map(({ prompt, pass, children }) => {
    const promptEnd = start + promptRows(prompt, bound.speechRows);
    const endBound = promptEnd + (pass === null ? 0 : bound.growthRows(pass));
    const offset = belowSpeech ? BLOCK_POSITIONS - 1 : start % BLOCK_POSITIONS;
    return {
      prompt,
      pass,
      blocks: blocksBetween(offset, offset + endBound - start),
      endBound,
      children: sizeTree(children, promptEnd, bound, belowSpeech || prompt.includes(SPEECH)),
    };
  });
}

/** A tree's nodes, parents first. */
export function* nodesOf(nodes: readonly SizedNode[]): Generator<SizedNode> {
  for (const node of nodes) {
    yield node;
    yield* nodesOf(node.children);
  }
}
