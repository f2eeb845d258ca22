import type { SyntaxNode, Tree } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

/** What a PromQL expression reads. */
export interface PromqlUse {
  /** Each selector: its metric, and the labels that it matches. */
  readonly selectors: readonly { readonly metric: string; readonly labels: readonly string[] }[];
  /** Labels that series are grouped or joined by. */
  readonly grouping: readonly string[];
}

/**
 * Reads an expression with Prometheus's own grammar. Grafana's variables may stand for durations and inside of strings.
 *
 * @throws SyntaxError if it is no PromQL.
 */
export function promqlUse(expression: string): PromqlUse {
  const text = expression.replaceAll('$__rate_interval', '5m');
  const tree = parser.parse(text);
  const error = nodes(tree, '⚠')[0];
  if (error !== undefined) throw new SyntaxError(`no PromQL at ${error.from}: ${text}`);
  const textOf = ({ from, to }: SyntaxNode) => text.slice(from, to);
  const labelNames = (node: SyntaxNode) => nodes(node, 'LabelName').map(textOf);
  return {
    selectors: nodes(tree, 'VectorSelector').map((selector) => ({
      metric: textOf(selector.firstChild!),
      labels: labelNames(selector),
    })),
    grouping: nodes(tree, 'GroupingLabels').flatMap(labelNames),
  };
}

function nodes(root: Tree | SyntaxNode, name: string): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  const tree = 'topNode' in root ? root.topNode : root;
  tree.cursor().iterate((node) => {
    if (node.name === name && node.from >= tree.from && node.to <= tree.to) found.push(node.node);
  });
  return found;
}
