import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

const children = new Set<ChildProcess>();
const fatalSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Spawns a process that lives no longer than this one, and that Ctrl-C in a terminal does not reach: this process decides in which
 * order they end.
 */
export function spawnOwned(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(command, args, { ...options, detached: true });
  if (children.size === 0) watchOwnEnd(true);
  children.add(child);
  child.once('exit', () => {
    children.delete(child);
    if (children.size === 0) watchOwnEnd(false);
  });
  return child;
}

function watchOwnEnd(watch: boolean): void {
  const change = watch ? ('on' as const) : ('off' as const);
  process[change]('exit', killAll);
  for (const signal of fatalSignals) process[change](signal, endBy);
}

function killAll(): void {
  for (const child of children) child.kill('SIGKILL');
}

// Whoever else listens to the signal decides what it means; otherwise it ends this process, as without a listener.
function endBy(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  killAll();
  process.off(signal, endBy);
  process.kill(process.pid, signal);
}
