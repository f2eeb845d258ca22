import { Metadata, ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';
import { hasStatusDetails, writeStatusDetails } from '../status/status-details.js';

/**
 * Gives grpc-js's own refusal of a message above `maxMessageBytes` its row of the status table, and tells clients not to repeat the call.
 * Must be the first interceptor of a server.
 */
export function messageSizeInterceptor(maxMessageBytes: number): ServerInterceptor {
  return (_method, call) => {
    // grpc-js sends this status from the call itself, beneath all interceptors, so the call's own method is replaced.
    const send = call.sendStatus.bind(call);
    call.sendStatus = (outgoing) => {
      if (outgoing.code !== status.RESOURCE_EXHAUSTED || hasStatusDetails(outgoing.metadata)) {
        return send(outgoing);
      }
      const metadata = outgoing.metadata ?? new Metadata();
      const details = `${outgoing.details}; send smaller messages.`;
      writeStatusDetails(metadata, outgoing.code, details, {
        kind: 'messageTooLarge',
        pushbackMs: -1,
        violations: [],
        facts: { limitBytes: String(maxMessageBytes) },
      });
      send({ ...outgoing, details, metadata });
    };
    return new ServerInterceptingCall(call);
  };
}
