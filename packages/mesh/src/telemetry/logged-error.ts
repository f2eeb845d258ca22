import { status } from '@grpc/grpc-js';

/** An error as the log shows it. */
export interface LoggedError {
  readonly type: string;
  readonly message: string;
  /** Where it was thrown, without the message. */
  readonly stack: string;
  readonly code?: string | number;
  readonly cause?: LoggedError;
}

const withheld = '(withheld, for it may quote the request; captureContent shows it)';
// What is wrong with a request is said by quoting it.
const aboutTheRequest = new Set<unknown>([
  status.INVALID_ARGUMENT,
  status.OUT_OF_RANGE,
  status.NOT_FOUND,
  status.FAILED_PRECONDITION,
]);

/**
 * What of an error goes into the log: its type, its code, where it was thrown, and what caused it. The message of an error that may
 * quote a caller's words or the model's is left out unless `captureContent`; so are all other properties.
 */
export function loggedError(error: unknown, captureContent: boolean): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: withheld, stack: '' };
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return {
    type: error.name,
    message: captureContent || !mayQuote(error) ? error.message : withheld,
    stack: (error.stack ?? '')
      .split('\n')
      .filter((line) => /^\s+at /.test(line))
      .join('\n'),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(cause === undefined ? {} : { cause: loggedError(cause, captureContent) }),
  };
}

function mayQuote(error: Error & { code?: unknown; quotesInput?: unknown }): boolean {
  // Parsers quote the text that they cannot read.
  if (error instanceof SyntaxError || error.quotesInput === true) return true;
  return aboutTheRequest.has(error.code);
}
