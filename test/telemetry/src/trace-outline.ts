import type { ReceivedSpan } from './tools/spans.js';

/** A span in one line: whose, which kind, what. */
export function label({ service, kind, name }: ReceivedSpan): string {
  return `${service} ${kind} ${name}`;
}

/** A trace as an outline: each span below its parent, siblings by name. Spans whose parents did not come stand at the left. */
export function outline(all: readonly ReceivedSpan[], traceId: string): string {
  const spans = all.filter((span) => span.traceId === traceId);
  const known = new Set(spans.map(({ id }) => id));
  const below = (parentId: string | undefined, depth: number): string[] =>
    spans
      .filter((span) => (parentId === undefined ? !known.has(span.parentId) : span.parentId === parentId))
      .sort((a, b) => order(a) - order(b) || label(a).localeCompare(label(b)))
      .flatMap((span) => [`${'  '.repeat(depth)}${label(span)}`, ...below(span.id, depth + 1)]);
  return below(undefined, 0).join('\n');
}

/** What led to a span, from the first of its trace to itself. Ends early where a parent did not come. */
export function pathTo(span: ReceivedSpan, all: readonly ReceivedSpan[]): string[] {
  const parent = all.find(({ traceId, id }) => traceId === span.traceId && id === span.parentId);
  return [...(parent === undefined ? [] : pathTo(parent, all)), label(span)];
}

// The decoder is asked for a place before the audio is sent.
function order({ name }: ReceivedSpan): number {
  return name.endsWith('/Generate') ? 0 : 1;
}
