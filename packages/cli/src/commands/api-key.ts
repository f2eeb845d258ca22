import { Command } from 'commander';

interface ApiKeyOptions {
  tenants: string;
  id?: string;
  expires?: string;
}

/** `osum api-key`: a new API key for a tenant of a router. */
export function apiKeyCommand(): Command {
  return new Command('api-key')
    .description(
      'Make an API key for a tenant: prints the key, and lists its hash in the file that the router reads.',
    )
    .argument('<tenant>', 'who the key is for')
    .requiredOption(
      '--tenants <file>',
      'file that `osum serve router --tenants` names; made if it is not there',
    )
    .option('--id <name>', 'name of the key in logs (default: the tenant and the day)')
    .option('--expires <date>', 'when it stops to be valid, such as 2027-06-30T00:00:00Z (default: never)')
    .action(async (tenant: string, { tenants, id, expires }: ApiKeyOptions) => {
      const { addApiKey } = await import('@osum/router/api-keys');
      console.log(await addApiKey(tenants, { tenant, id, expires }));
      console.error(`listed in ${tenants}; the key itself is kept nowhere, so give it to ${tenant} now`);
    });
}
