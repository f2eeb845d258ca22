import { Command } from 'commander';
import { wholeNumber } from './shared-options.js';

interface CertificatesOptions {
  trustDomain: string;
  hosts: string;
  days: number;
}

/** Whoever calls or is called in a mesh. */
const holders = ['features', 'encoder', 'adapter', 'decoder', 'router', 'gateway', 'envoy'];
const dayMs = 86_400_000;

/** `osum certificates`: what a mesh needs for TLS, for development. */
export function certificatesCommand(): Command {
  return new Command('certificates')
    .description(
      `Make certificates for development: ca.pem, and NAME.pem and NAME.key for each of ${holders.join(', ')}. Each run makes a new authority, whose key is kept nowhere.`,
    )
    .argument('<folder>', 'where to write them')
    .option('--trust-domain <name>', 'the identities are spiffe://NAME/features and so on', 'mesh.example')
    .option('--hosts <a,b>', 'names and addresses under which the services are called', 'localhost,127.0.0.1')
    .option('--days <n>', 'how long they are valid', wholeNumber(1), 30)
    .action(writeCertificates);
}

async function writeCertificates(folder: string, { trustDomain, hosts, days }: CertificatesOptions) {
  const { createAuthority, writeAuthority, writeIdentity } = await import('@osum/certificates');
  const authority = await createAuthority();
  const validUntil = new Date(Date.now() + days * dayMs);
  for (const name of holders) {
    const request = { spiffeId: `spiffe://${trustDomain}/${name}`, hosts: hosts.split(','), validUntil };
    await writeIdentity(folder, name, await authority.issue(request));
  }
  console.log(await writeAuthority(folder, 'ca', authority.certificate));
}
