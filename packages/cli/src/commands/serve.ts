import { loadConfig } from '@osum/mesh';
import { Command } from 'commander';
import { aborted, untilInterrupted } from '../interrupt.js';
import { serviceKinds } from '../mesh/service-kinds.js';
import { UsageError } from '../usage-error.js';

/** `osum serve <service>`: one service of the mesh in this process. Its own flags follow its name. */
export function serveCommand(): Command {
  const names = Object.keys(serviceKinds);
  return new Command('serve')
    .description(`Run one service: ${names.join(', ')}. Ctrl-C or SIGTERM drains it.`)
    .argument('<service>', names.join(', '))
    .argument('[flags...]', 'flags of the service: osum serve <service> --help')
    .allowUnknownOption()
    .helpOption(false)
    .action((name: string, flags: string[]) => serve(name, flags));
}

async function serve(name: string, argv: readonly string[]): Promise<void> {
  const load = serviceKinds[name];
  if (load === undefined) {
    throw new UsageError(`there is no service ${name}; there are ${Object.keys(serviceKinds).join(', ')}`);
  }
  const { about, schema, start } = await load();
  const outcome = await loadConfig({ command: `osum serve ${name}`, about, schema, argv });
  if (outcome.type === 'help') {
    console.log(outcome.text);
    return;
  }
  if (outcome.type === 'error') throw new UsageError(outcome.text);
  const service = await start(outcome.config);
  await untilInterrupted(async (signal) => {
    await Promise.race([service.ready, aborted(signal)]);
    const { address, httpAddress, adminAddress } = service;
    if (!signal.aborted) console.log(JSON.stringify({ service: name, address, httpAddress, adminAddress }));
    await aborted(signal);
    await service.drain();
  });
}
