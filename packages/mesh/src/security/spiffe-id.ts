import { z } from 'zod';

/**
 * Identities that are accepted: a whole one, `spiffe://mesh.example/encoder`, or all below a path, `spiffe://mesh.example/stages/*`.
 */
export const spiffePatternSchema = z
  .string()
  .regex(
    /^spiffe:\/\/[a-z0-9._-]{1,255}(\/[A-Za-z0-9._-]+)*(\/[A-Za-z0-9._-]+|\/\*)$/,
    'expected spiffe://trust-domain/path, or /* for all below a path',
  );

const longestIdBytes = 2048;
const idSyntax = /^spiffe:\/\/[a-z0-9._-]{1,255}(\/[A-Za-z0-9._-]+)+$/;
// One name of a subjectAltName as Node writes it: what would be ambiguous is a JSON string.
const alternativeName = /(?:^|, )([^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)/g;

/**
 * The SPIFFE identity that a verified certificate carries: its one URI name. Undefined if it has none, several, or one that is no
 * SPIFFE identity; such a certificate is nobody's (SPIFFE X509-SVID, section 2).
 */
export function spiffeIdOf({ subjectaltname = '' }: { subjectaltname?: string }): string | undefined {
  const uris = [...subjectaltname.matchAll(alternativeName)].filter(([, kind]) => kind === 'URI');
  const id = uris[0]?.[2];
  if (uris.length !== 1 || id === undefined || id.length > longestIdBytes || !idSyntax.test(id)) return;
  return /\/\.\.?(\/|$)/.test(id) ? undefined : id;
}

/** Whether `id` is one of those that the patterns accept. */
export function isAccepted(patterns: readonly string[], id: string): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith('/*') ? id.startsWith(pattern.slice(0, -1)) : id === pattern,
  );
}
