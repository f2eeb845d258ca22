import { RemoteError } from '@osum/mesh';

/** The error that a call fails with. Throws if it does not fail with a status. */
export async function failureOf(call: Promise<unknown> | AsyncIterable<unknown>): Promise<RemoteError> {
  try {
    if (Symbol.asyncIterator in call) for await (const _ of call);
    else await call;
  } catch (error) {
    if (error instanceof RemoteError) return error;
    throw error;
  }
  throw new Error('the call was answered; it should have failed');
}

/** All messages of an answer. */
export async function messagesOf<T>(answer: AsyncIterable<T>): Promise<T[]> {
  const messages: T[] = [];
  for await (const message of answer) messages.push(message);
  return messages;
}
