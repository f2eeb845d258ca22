import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { handshakeTimeoutMs, secureContext, type Tls } from '@osum/mesh';

/** Bounds of clients that take their time. */
const slowClientBounds = {
  headersTimeout: 10_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16 * 1024,
};

/** A server of Node's for HTTP, or with `tls` for HTTPS, which follows its certificate. Certificates of clients are optional. */
export function createHttpServer(
  tls: Tls | null,
  { requestTimeoutMs }: { requestTimeoutMs: number },
  handler: RequestListener,
): Server {
  // Node counts the headers' time within the request's.
  const requestTimeout = Math.max(requestTimeoutMs, slowClientBounds.headersTimeout);
  const bounds = { ...slowClientBounds, requestTimeout };
  if (tls === null) return createServer(bounds, handler);
  const { shown } = tls;
  const server = createSecureServer(
    {
      ...secureContext(shown.current),
      ...bounds,
      handshakeTimeout: handshakeTimeoutMs,
      requestCert: shown.current.authorities !== undefined,
      rejectUnauthorized: false,
    },
    handler,
  );
  const unfollow = shown.onChange((material) => server.setSecureContext(secureContext(material)));
  server.once('close', unfollow);
  return server;
}
