import { blocksBetween } from '../cache/context-span.js';
import { nodesOf, promptTree, type SizedNode, sizeTree } from '../cache/prompt-tree.js';
import type { PassRequest, SessionRequest } from './session-request.js';

/** Passes that begin with the same system text. */
export interface LayoutGroup {
  /** The system text; empty when it is too short to be kept. */
  readonly system: readonly number[];
  /** What follows it. */
  readonly nodes: readonly SizedNode[];
}

/** How the contexts of a session's passes are arranged in KV blocks, and the most they can need. */
export interface SessionLayout {
  readonly groups: readonly LayoutGroup[];
  /** Blocks without the system texts. */
  readonly blocks: number;
  /** Blocks of the system texts, which may be there already. */
  readonly systemBlocks: number;
  /** Positions of the longest pass. */
  readonly positions: number;
}

/** Bounds for `layOut`. */
export interface LayoutRule {
  /** Shorter stretches are not worth sharing: a fork copies a block. */
  readonly minSharedRows: number;
}

/** Arranges a session's passes so that everything they have in common from the start is computed once. */
export function layOut(request: SessionRequest, rule: LayoutRule): SessionLayout {
  const members = new Map<string, number[]>();
  request.passes.forEach((pass, index) => {
    const key = systemOf(pass, rule).join(' ');
    members.set(key, [...(members.get(key) ?? []), index]);
  });
  const groups = [...members.values()].map((passes) => layOutGroup(request, passes, rule));
  const nodes = groups.flatMap((group) => [...nodesOf(group.nodes)]);
  return {
    groups,
    blocks: nodes.reduce((sum, node) => sum + node.blocks, 0),
    systemBlocks: groups.reduce((sum, { system }) => sum + blocksBetween(0, system.length), 0),
    positions: Math.max(...nodes.map((node) => node.endBound)),
  };
}

function layOutGroup(request: SessionRequest, passes: readonly number[], rule: LayoutRule): LayoutGroup {
  const requests = passes.map((index) => request.passes[index] as PassRequest);
  const system = systemOf(requests[0] as PassRequest, rule);
  const tree = promptTree(
    requests.map(({ prompt }) => prompt.slice(system.length)),
    { minSharedRows: rule.minSharedRows, speechRows: request.speechRows },
  );
  const nodes = sizeTree(tree, system.length, {
    speechRows: request.speechRows,
    growthRows: (member) => (requests[member] as PassRequest).rule.maxNewTokens,
  });
  return { system, nodes: renumber(nodes, passes) };
}

/** The pass's system text, or nothing when it is too short to keep or is the whole prompt. */
function systemOf({ prompt, systemTokens }: PassRequest, { minSharedRows }: LayoutRule): readonly number[] {
  const worthKeeping = systemTokens >= minSharedRows && systemTokens < prompt.length;
  return worthKeeping ? prompt.slice(0, systemTokens) : [];
}

/** Turns indices within a group into indices within the request. */
function renumber(nodes: readonly SizedNode[], passes: readonly number[]): SizedNode[] {
  return nodes.map((node) => ({
    ...node,
    pass: node.pass === null ? null : (passes[node.pass] as number),
    children: renumber(node.children, passes),
  }));
}
