import { type StageName, stageNames } from '../mesh/stages.js';
import type { ServiceProcess } from './service-process.js';

/** The instances of a local mesh that run. */
export interface Instances {
  /** Those of a stage, or all. */
  list(stage?: StageName): readonly ServiceProcess[];
  /** Starts one and waits until it answers calls. */
  start(stage: StageName, listen: string): Promise<ServiceProcess>;
  /** Ends one with a signal: its exit code, or null if the signal killed it. */
  end(instance: ServiceProcess, signal: NodeJS.Signals): Promise<number | null>;
  /** Ends all, stage by stage from the door on, so that those that drain can still call the others. */
  endAll(signal: NodeJS.Signals): Promise<void>;
}

/** Instances that `startOne` starts. */
export function createInstances(
  startOne: (stage: StageName, listen: string) => Promise<ServiceProcess>,
): Instances {
  const running = new Set<ServiceProcess>();
  const instances: Instances = {
    list: (stage) => [...running].filter((instance) => stage === undefined || instance.stage === stage),
    async start(stage, listen) {
      const instance = await startOne(stage, listen);
      running.add(instance);
      return instance;
    },
    async end(instance, signal) {
      const code = await instance.end(signal);
      running.delete(instance);
      return code;
    },
    async endAll(signal) {
      for (const stage of stageNames) {
        await Promise.all(instances.list(stage).map((instance) => instances.end(instance, signal)));
      }
    },
  };
  return instances;
}
