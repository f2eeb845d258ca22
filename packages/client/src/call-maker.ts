import { type CallOptions, Metadata, Status } from 'nice-grpc';
import { CallDeadline } from './call-deadline.js';
import { type CredentialOptions, secretHeaders } from './credentials.js';
import { noDetails } from './error-details.js';
import { OsumError, osumErrorFrom } from './osum-error.js';

/** Bounds of one call. */
export interface CallBounds {
  /** Ends the call, and frees its device work. */
  signal?: AbortSignal;
  /** Milliseconds that the call may take, repetitions included. Default: no bound. */
  deadlineMs?: number;
}

/** Makes the calls of one client: with its headers, within their bounds, and with failures as OsumError. */
export interface CallMaker {
  /** Makes a call whose answer is one message. */
  answer<T>(ask: (options: CallOptions) => Promise<T>, bounds?: CallBounds): Promise<T>;
  /** Makes a call whose answer is a stream. */
  answers<T>(ask: (options: CallOptions) => AsyncIterable<T>, bounds?: CallBounds): AsyncIterable<T>;
}

/** See `CallMaker`. */
export function createCallMaker(
  options: CredentialOptions & { address: string; tenant?: string },
): CallMaker {
  const secrets = secretHeaders(options.address, options);

  async function prepare(bounds: CallBounds = {}) {
    const deadline = new CallDeadline(bounds);
    const metadata = Metadata({ ...(await secrets()), ...deadline.headers });
    if (options.tenant !== undefined) metadata.set('osum-tenant', options.tenant);
    let trailer: Metadata | undefined;
    const onTrailer = (received: Metadata) => {
      trailer = received;
    };
    return {
      callOptions: { metadata, onTrailer, signal: deadline.signal } satisfies CallOptions,
      failure: (error: unknown) =>
        deadline.passed
          ? new OsumError(Status.DEADLINE_EXCEEDED, deadline.message, noDetails, { cause: error })
          : osumErrorFrom(error, trailer),
      end: () => deadline.clear(),
    };
  }

  return {
    async answer(ask, bounds) {
      const { callOptions, failure, end } = await prepare(bounds);
      try {
        return await ask(callOptions);
      } catch (error) {
        throw failure(error);
      } finally {
        end();
      }
    },
    async *answers(ask, bounds) {
      const { callOptions, failure, end } = await prepare(bounds);
      try {
        yield* ask(callOptions);
      } catch (error) {
        throw failure(error);
      } finally {
        end();
      }
    },
  };
}
