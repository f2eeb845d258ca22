import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Types of HTTP/2 frames (RFC 9113, section 6). */
export const frameTypes = { headers: 1, reset: 3, settings: 4, goAway: 7, continuation: 9 } as const;

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const FRAME_HEADER_BYTES = 9;
const ACK = 0x1;

/** A connection that sends the frames it is told to, in any order, and none by itself once it is open. */
export interface RawHttp2 {
  send(type: number, flags: number, stream: number, payload: Buffer): void;
  /** Resolves when the other side has ended the stream, or the connection. */
  ended(stream: number): Promise<void>;
  close(): void;
}

/** Connects to `host:port` in plaintext. */
export async function connectRawHttp2(address: string): Promise<RawHttp2> {
  const [host, port] = address.split(':');
  const socket: Socket = connect({ host, port: Number(port) });
  await once(socket, 'connect');
  const send = (type: number, flags: number, stream: number, payload: Buffer) => {
    if (socket.writable) socket.write(frameOf(type, flags, stream, payload));
  };
  socket.write(PREFACE);
  send(frameTypes.settings, 0, 0, Buffer.alloc(0));

  const came: { type: number; stream: number }[] = [];
  let received: Buffer = Buffer.alloc(0);
  socket.on('data', (bytes) => {
    received = Buffer.concat([received, bytes]);
    while (received.length >= FRAME_HEADER_BYTES) {
      const end = FRAME_HEADER_BYTES + received.readUIntBE(0, 3);
      if (received.length < end) return;
      came.push({ type: received[3]!, stream: received.readUInt32BE(5) & 0x7fff_ffff });
      received = received.subarray(end);
      socket.emit('frame');
    }
  });
  // A reset of the connection is an end like any other.
  socket.on('error', () => {});
  const until = async (condition: (frame: { type: number; stream: number }) => boolean) => {
    while (!socket.destroyed && !came.some(condition)) {
      await Promise.race([once(socket, 'frame'), once(socket, 'close')]);
    }
  };

  await until(({ type }) => type === frameTypes.settings);
  send(frameTypes.settings, ACK, 0, Buffer.alloc(0));
  return {
    send,
    ended: (id) =>
      until(({ type, stream }) => type === frameTypes.goAway || (type === frameTypes.reset && stream === id)),
    close: () => socket.destroy(),
  };
}

function frameOf(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}
