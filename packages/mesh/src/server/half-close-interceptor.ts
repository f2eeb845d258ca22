import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';

/**
 * Tells a client that finished from one that broke off. Node's HTTP/2 reports the end of the request before the reset that caused
 * it, so a handler would take half a recording for the whole. The end is held back for one turn of the event loop, and dropped if a
 * cancellation comes with it.
 */
export const halfCloseInterceptor: ServerInterceptor = (_method, call) => {
  let cancelled = false;
  return new ServerInterceptingCall(call, {
    start: (next) =>
      next({
        onReceiveHalfClose(proceed) {
          setImmediate(() => {
            if (!cancelled) proceed();
          });
        },
        onCancel() {
          cancelled = true;
        },
      }),
  });
};
