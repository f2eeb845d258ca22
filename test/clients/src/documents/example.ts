import { fromMarkdown } from 'mdast-util-from-markdown';
import { visit } from 'unist-util-visit';

/** Languages whose fenced blocks are examples. */
export const exampleLanguages = ['sh', 'ts', 'py', 'go', 'java'] as const;
export type ExampleLanguage = (typeof exampleLanguages)[number];

/** A fenced block of a document that shows how something is done. */
export interface DocumentExample {
  readonly language: ExampleLanguage;
  /**
   * The word after the language: `run` must end with 0; of `serve`, each line is a server that must become ready, and goes on until the end of
   * the document; `not-run` is followed by the reason.
   */
  readonly mode: string | undefined;
  /** What follows the mode. */
  readonly reason: string;
  readonly code: string;
  /** Line of the document at which the block begins. */
  readonly line: number;
}

/** The examples of a document, in order. */
export function examplesIn(markdown: string): DocumentExample[] {
  const examples: DocumentExample[] = [];
  visit(fromMarkdown(markdown), 'code', ({ lang, meta, value, position }) => {
    const language = exampleLanguages.find((known) => known === lang);
    if (language === undefined) return;
    const [mode, ...reason] = (meta ?? '').split(' ').filter((word) => word !== '');
    examples.push({
      language,
      mode,
      reason: reason.join(' '),
      code: value,
      line: position?.start.line ?? 0,
    });
  });
  return examples;
}
