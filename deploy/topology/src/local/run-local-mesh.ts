import { fileURLToPath } from 'node:url';
import { addressSchema } from '@osum/mesh';
import { z } from 'zod';
import { stageNames } from '../mesh/stages.js';
import { startLocalMesh } from './local-mesh.js';

const shippedPackage = fileURLToPath(new URL('../../../../models/osum-nano', import.meta.url));

/** Configuration of `osum-deploy up`. */
export const localConfigSchema = z.object({
  package: z.string().default(shippedPackage).describe('folder of the model package'),
  listen: addressSchema.default('127.0.0.1:50051').describe('host:port that clients call'),
  instances: z.number().int().positive().default(2).describe('instances of every stage'),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('warn')
    .describe('least level of log lines'),
});

/**
 * Starts the mesh of processes, tells where everything is, and runs until Ctrl-C or SIGTERM, which drains it; a second one ends it at
 * once.
 */
export async function runLocalMesh(config: z.infer<typeof localConfigSchema>): Promise<void> {
  const interrupted = new Promise<void>((resolve) => {
    let isSecond = false;
    for (const signal of ['SIGINT', 'SIGTERM']) {
      process.on(signal, () => {
        if (isSecond) process.exit(130);
        isSecond = true;
        resolve();
      });
    }
  });
  const instances = Object.fromEntries(stageNames.map((stage) => [stage, config.instances]));
  const mesh = await startLocalMesh({ ...config, instances });
  for (const { stage, address, process: child } of mesh.instances()) {
    console.error(`${stage.padEnd(9)} ${address.padEnd(21)} process ${child.pid}`);
  }
  console.error(`Envoy's administration: http://${mesh.envoy.options.adminListen}`);
  console.log(`mesh ready at ${mesh.address}`);
  await interrupted;
  await mesh.stop('SIGTERM');
}
