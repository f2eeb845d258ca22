import { type LocalMesh, type StageName, stageNames, startLocalMesh } from '@osum/deploy';
import { packageFolder } from './shipped.js';

// Ten processes share the machine: more threads each would only wait for each other.
const env = { HOSTACL_THREADS: '1' };

/** Two instances of every stage as processes, behind Envoy. */
export function startTwoOfEach(): Promise<LocalMesh> {
  return startLocalMesh({
    package: packageFolder,
    instances: everyStage(2),
    env: everyStage(env),
    // Refusals and broken calls are what these tests make.
    logLevel: 'error',
  });
}

function everyStage<T>(value: T): Record<StageName, T> {
  return Object.fromEntries(stageNames.map((stage) => [stage, value])) as Record<StageName, T>;
}
