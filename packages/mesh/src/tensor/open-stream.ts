import { MeshError } from '../status/mesh-error.js';

/** A request message whose only content is a oneof named `request`. */
interface OneofMessage {
  request: { case: string | undefined; value?: unknown };
}
type CaseOf<M extends OneofMessage> = NonNullable<M['request']['case']>;
type ValueOf<M extends OneofMessage, C extends CaseOf<M>> =
  Extract<M['request'], { case: C }> extends { value: infer V } ? V : never;

/**
 * Takes the configuration off a request stream: the first message must be of `firstCase`, all others of `restCase`.
 *
 * @throws MeshError `badOrder`, at once for the first message and while `rest` is read for the others.
 */
export async function openStream<M extends OneofMessage, F extends CaseOf<M>, R extends CaseOf<M>>(
  requests: AsyncIterable<M>,
  firstCase: F,
  restCase: R,
): Promise<{ first: ValueOf<M, F>; rest: AsyncGenerator<ValueOf<M, R>, void, undefined> }> {
  const iterator = requests[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) throw badOrder(firstCase, undefined, 'first');
  return { first: contentOf<M, F>(first.value, firstCase, 'first'), rest: restOf<M, R>(iterator, restCase) };
}

async function* restOf<M extends OneofMessage, C extends CaseOf<M>>(iterator: AsyncIterator<M>, expected: C) {
  try {
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      yield contentOf<M, C>(next.value, expected, 'later');
    }
  } finally {
    await iterator.return?.();
  }
}

function contentOf<M extends OneofMessage, C extends CaseOf<M>>(
  { request }: M,
  expected: C,
  where: string,
): ValueOf<M, C> {
  if (request.case !== expected) throw badOrder(expected, request.case, where);
  return request.value as ValueOf<M, C>;
}

function badOrder(expected: string, came: string | undefined, where: string): MeshError {
  return new MeshError(
    'badOrder',
    `expected ${where} messages to be \`${expected}\`, got ${came ? `\`${came}\`` : 'none'}.`,
  );
}
