import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isWanted } from '../languages.js';
import { type LiveMesh, repository } from '../live-mesh.js';
import { toolchainOrSkip } from '../toolchain.js';
import { examplesIn } from './example.js';
import { PortMap } from './port-map.js';
import { clientOf, runExample } from './run-example.js';
import { scratchFolder } from './scratch-folder.js';
import { type ServerProcess, startServerProcess } from './server-process.js';

/** The ports at which documents find a mesh that runs. */
const documentedPorts = {
  router: 50051,
  features: 7001,
  encoder: 7002,
  adapter: 7003,
  decoder: 7004,
} as const;

/** Declares a test for each example of a document. They run in order, in one folder, against the mesh or the servers that they start. */
export function describeDocument(path: string, mesh: () => LiveMesh): void {
  describe(`the examples of ${path}`, () => {
    const examples = examplesIn(readFileSync(join(repository, path), 'utf8'));
    const servers: ServerProcess[] = [];
    let folder: Awaited<ReturnType<typeof scratchFolder>>;
    let ports: PortMap;

    before(async () => {
      folder = await scratchFolder();
      ports = new PortMap(
        Object.fromEntries(
          Object.entries(documentedPorts).map(([name, port]) => [
            String(port),
            Number(mesh().services[name as keyof typeof documentedPorts].split(':')[1]),
          ]),
        ),
      );
    });
    after(async () => {
      for (const server of servers.toReversed()) await server.stop();
      await folder.remove();
    });

    for (const example of examples) {
      const { language, mode, reason, code, line } = example;
      it(`line ${line} (${language})`, async (context) => {
        if (mode === 'not-run') {
          assert.notEqual(reason, '', 'not-run is followed by the reason');
          return context.skip(reason);
        }
        assert.ok(
          mode === 'run' || mode === 'serve',
          `expected run, serve or not-run after \`\`\`${language}, got ${mode ?? 'nothing'}`,
        );
        const client = clientOf(example);
        if (client !== undefined) {
          if (!isWanted(client)) return context.skip('OSUM_CLIENTS leaves it out');
          if (!toolchainOrSkip(context, client)) return;
        }
        if (mode === 'run') {
          await runExample(example, ports.real(code), `line-${line}`, folder.path);
          return;
        }
        await ports.listen(code);
        for (const command of ports.real(code).trim().split('\n')) {
          servers.push(await startServerProcess(command, folder.path));
        }
      });
    }
  });
}
