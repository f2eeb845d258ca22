import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { wholeNumber } from './shared-options.js';

interface CertificatesOptions {
  trustDomain: string;
  hosts: string;
  days: number;
}

/** Whom each service of a mesh takes calls from; whoever is named in none of them calls nobody. Envoy may stand between the stages. */
const callersOf: Readonly<Record<string, readonly string[]>> = {
  features: ['router', 'envoy'],
  encoder: ['features', 'envoy'],
  adapter: ['encoder', 'envoy'],
  decoder: ['router', 'adapter', 'envoy'],
  // These two take calls from outside, by keys and tokens.
  router: [],
  gateway: [],
};
/** Calls that are not seen from the callee: the gateway is nobody's peer. */
const outsideCalls: Readonly<Record<string, readonly string[]>> = { gateway: ['router'] };

const dayMs = 86_400_000;

/** `osum certificates`: what a mesh needs for TLS, for development. */
export function certificatesCommand(): Command {
  const holders = [...Object.keys(callersOf), 'envoy'];
  return new Command('certificates')
    .description(
      `Make certificates for development: ca.pem, NAME.pem and NAME.key for each of ${holders.join(', ')}, and NAME.yaml for --config. Each run makes a new authority, whose key is kept nowhere.`,
    )
    .argument('<folder>', 'where to write them')
    .option('--trust-domain <name>', 'the identities are spiffe://NAME/features and so on', 'mesh.example')
    .option('--hosts <a,b>', 'names and addresses under which the services are called', 'localhost,127.0.0.1')
    .option('--days <n>', 'how long they are valid', wholeNumber(1), 30)
    .action((folder: string, options: CertificatesOptions) => writeCertificates(folder, holders, options));
}

async function writeCertificates(
  folder: string,
  holders: readonly string[],
  { trustDomain, hosts, days }: CertificatesOptions,
): Promise<void> {
  const { createAuthority, writeAuthority, writeIdentity } = await import('@osum/certificates');
  const authority = await createAuthority();
  const validUntil = new Date(Date.now() + days * dayMs);
  const identity = (name: string) => `spiffe://${trustDomain}/${name}`;
  for (const name of holders) {
    const request = { spiffeId: identity(name), hosts: hosts.split(','), validUntil };
    const { certificate, privateKey } = await writeIdentity(folder, name, await authority.issue(request));
    if (!(name in callersOf)) continue;
    const config = {
      tlsCert: certificate,
      tlsKey: privateKey,
      tlsCa: join(folder, 'ca.pem'),
      tlsPeers: callersOf[name]?.map(identity) ?? [],
      tlsServers: calledBy(name).map(identity),
    };
    // JSON is YAML.
    await writeFile(join(folder, `${name}.yaml`), `${JSON.stringify(config, null, 2)}\n`);
  }
  console.log(await writeAuthority(folder, 'ca', authority.certificate));
}

function calledBy(name: string): string[] {
  const inside = Object.keys(callersOf).filter((other) => callersOf[other]?.includes(name));
  const all = [...inside, ...(outsideCalls[name] ?? [])];
  return all.length === 0 ? [] : [...all, 'envoy'];
}
