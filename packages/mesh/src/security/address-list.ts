import { BlockList, isIP } from 'node:net';
import { z } from 'zod';

/**
 * Addresses that are allowed, as `host:port`: the host is a name, `*.domain` for all names below it, an IP address, or a network such as
 * `10.8.0.0/16`; the port is a number or `*`.
 */
export const addressPatternSchema = z
  .string()
  .refine(
    (text) => parsePattern(text) !== null,
    'expected host:port, *.domain:port or network/bits:port; the port may be *',
  );

/** Addresses to which a service may connect on behalf of a caller. */
export interface AddressList {
  /** Whether `address`, as a caller wrote it, is a plain `host:port` that is allowed. */
  allows(address: string): boolean;
}

/** The list of the patterns, which `addressPatternSchema` has checked, and of `addresses` as they are. */
export function createAddressList(
  patterns: readonly string[],
  addresses: readonly string[] = [],
): AddressList {
  const rules = patterns.map((text) => {
    const rule = parsePattern(text);
    if (rule === null) throw new RangeError(`${text} is no pattern of addresses`);
    return rule;
  });
  const whole = new Set(addresses);
  return {
    allows(address) {
      // Anything else, such as unix:, dns:///, or ipv4: with several addresses, would be a target of another kind to gRPC.
      const parts = hostAndPort(address);
      if (parts === null || !/^\d{1,5}$/.test(parts.port)) return false;
      const { host, port } = parts;
      return (
        whole.has(address) ||
        rules.some((rule) => (rule.port === '*' || rule.port === port) && rule.allowsHost(host))
      );
    },
  };
}

interface Rule {
  readonly port: string;
  allowsHost(host: string): boolean;
}

const hostName = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

function parsePattern(text: string): Rule | null {
  const [, host = '', port = ''] = /^(.+):(\*|\d{1,5})$/.exec(text.toLowerCase()) ?? [];
  if (port === '') return null;
  const bare = withoutBrackets(host);
  const [network = '', bits] = bare.split('/');
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(network) !== 0) {
    const most = family === 'ipv6' ? 128 : 32;
    const prefix = bits === undefined ? most : Number(bits);
    if (!/^\d*$/.test(bits ?? '') || prefix > most) return null;
    const list = new BlockList();
    list.addSubnet(network, prefix, family);
    return {
      port,
      allowsHost: (other) => isIP(other) !== 0 && list.check(other, isIP(other) === 6 ? 'ipv6' : 'ipv4'),
    };
  }
  if (host.startsWith('*.') && hostName.test(host.slice(2))) {
    const ending = host.slice(1);
    return { port, allowsHost: (other) => hostName.test(other) && other.endsWith(ending) };
  }
  return hostName.test(host) ? { port, allowsHost: (other) => other === host } : null;
}

function hostAndPort(address: string): { host: string; port: string } | null {
  const [, host = '', port = ''] =
    /^(\[[0-9a-f:.]+\]|[^:/[\]]+):(\d{1,5})$/.exec(address.toLowerCase()) ?? [];
  const bare = withoutBrackets(host);
  if (isIP(bare) === 0 && !hostName.test(bare)) return null;
  return { host: bare, port };
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*?)\]/, '$1');
}
