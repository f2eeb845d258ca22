import {
  type AddressList,
  addressPatternSchema,
  createAddressList,
  isLoopback,
  loopbackPatterns,
  MeshError,
} from '@osum/mesh';
import { z } from 'zod';

/** Where a stage may connect because a call names it. */
export const forwardConfigShape = {
  forwardAddresses: z
    .array(addressPatternSchema)
    .optional()
    .describe(
      'addresses that a call may name as the next stage, beside those of the configuration: host:port, *.domain:port or network/bits:port, where the port may be *; default: loopback if this service listens there, else none',
    ),
};

/** See `forwardConfigShape`. */
export interface ForwardConfig {
  readonly listen: string;
  readonly forwardAddresses?: string[] | undefined;
}

/** The addresses that calls of a service may name; `configured` are those that it calls anyway. */
export function forwardList(
  { listen, forwardAddresses }: ForwardConfig,
  configured: readonly string[] = [],
): AddressList {
  // Whoever can call a service that listens on loopback only is on this machine already.
  const ownMachine = isLoopback(listen) ? loopbackPatterns : [];
  return createAddressList(forwardAddresses ?? ownMachine, configured);
}

/** Throws PERMISSION_DENIED unless a service may connect to an address that the field of a call names. */
export function requireForward(list: AddressList, address: string, field: string): void {
  if (list.allows(address)) return;
  throw new MeshError(
    'notAllowed',
    `${field}: this service may not connect to ${JSON.stringify(address)}; expected host:port of its configuration or of its forwardAddresses.`,
    { violations: [{ field, description: 'expected an address that the service is configured to reach' }] },
  );
}
