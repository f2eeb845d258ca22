import { isIP } from 'node:net';
import type { Address } from './api/common.js';

/** `host:port` as Envoy writes it. */
export function socketAddress(text: string): Address {
  const colon = text.lastIndexOf(':');
  const address = text.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { socket_address: { address, port_value: Number(text.slice(colon + 1)) } };
}

/** Whether the host of `host:port` is a name that has to be resolved. */
export function isNamed(text: string): boolean {
  return isIP(socketAddress(text).socket_address.address) === 0;
}
