import { createAddressList } from './address-list.js';

/** Patterns of the addresses of this machine. */
export const loopbackPatterns = ['127.0.0.0/8:*', '[::1]:*', 'localhost:*'] as const;

const loopback = createAddressList(loopbackPatterns);

/** Whether `host:port` is for callers on this machine only. */
export function isLoopback(listen: string): boolean {
  return loopback.allows(listen);
}
