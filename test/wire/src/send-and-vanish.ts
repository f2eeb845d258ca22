import { connect } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';

/** A message as gRPC frames it: not compressed, four bytes of length, then the bytes. */
function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Sends messages on a connection of its own, closing its side if `half`, and cuts the connection after 60 ms. */
export async function sendAndVanish(
  address: string,
  path: string,
  messages: readonly Uint8Array[],
  half: boolean,
): Promise<void> {
  const session = connect(`http://${address}`);
  session.on('error', () => {});
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.on('error', () => {});
  for (const message of messages) stream.write(framed(message));
  if (half) stream.end();
  await sleep(60);
  session.destroy();
}
