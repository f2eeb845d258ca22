import { Document, isMap, isScalar, isSeq, type Node } from 'yaml';
import { envoyConfig } from './envoy-config.js';
import type { EnvoyOptions } from './envoy-options.js';
import { reasonOf } from './reasons.js';

const lineWidth = 120;

/** The configuration as YAML, with the reason of each timeout and limit above it. */
export function envoyYaml(options: EnvoyOptions, heading: string): string {
  const document = new Document(envoyConfig(options), { aliasDuplicateObjects: false });
  document.commentBefore = ` ${heading}`;
  annotate(document.contents, []);
  return document.toString({ lineWidth: 0 });
}

function annotate(node: Node | null, path: readonly string[]): void {
  if (isSeq(node)) {
    for (const item of node.items) annotate(item as Node, path);
  } else if (isMap(node)) {
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue;
      const below = [...path, String(key.value)];
      const why = reasonOf(below, isScalar(value) ? value.value : undefined);
      if (why !== undefined) key.commentBefore = wrapped(why, lineWidth - 4 * path.length);
      annotate(value as Node | null, below);
    }
  }
}

function wrapped(text: string, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length >= Math.max(40, width)) {
      lines.push(line);
      line = '';
    }
    line += ` ${word}`;
  }
  return [...lines, line].join('\n');
}
