import type { DecoderCore, DecoderStats } from './decoder-core.js';
import { sessionUnknown } from './session/refusals.js';
import type { Session } from './session/session.js';
import type { SessionRequest } from './session/session-request.js';

/** The decoders of one service, one a device. */
export class DecoderGroup {
  constructor(private readonly cores: readonly DecoderCore[]) {
    if (cores.length === 0) throw new RangeError('a decoder service has at least one device, got none');
  }

  /** Admits a session where the fewest wait and the most blocks are free. See `DecoderCore.admit`. */
  admit(request: SessionRequest, signal: AbortSignal): Promise<Session> {
    const byRoom = (a: DecoderCore, b: DecoderCore) =>
      Number(b.healthy) - Number(a.healthy) ||
      a.stats.waiting - b.stats.waiting ||
      freeBlocks(b.stats) - freeBlocks(a.stats);
    return [...this.cores].sort(byRoom)[0]!.admit(request, signal);
  }

  /** The session of a tenant whose id and token these are. Throws NOT_FOUND, whichever of the three does not fit. */
  find(tenant: string, id: string, token: string): Session {
    for (const { sessions } of this.cores) {
      const session = sessions.find(id, token);
      if (session !== null && session.tenant === tenant) return session;
    }
    throw sessionUnknown();
  }

  /** Per device. */
  get stats(): readonly DecoderStats[] {
    return this.cores.map(({ stats }) => stats);
  }

  async drain(): Promise<void> {
    await Promise.all(this.cores.map((core) => core.drain()));
  }

  async close(): Promise<void> {
    await Promise.all(this.cores.map((core) => core.close()));
  }
}

function freeBlocks({ blocks }: DecoderStats): number {
  return blocks.total - blocks.used - blocks.promised;
}
