import type { Session } from './session.js';

/** The sessions that exist, by id. */
export class SessionRegistry {
  readonly #sessions = new Map<string, Session>();

  get size(): number {
    return this.#sessions.size;
  }

  add(session: Session): void {
    this.#sessions.set(session.id, session);
  }

  remove(session: Session): void {
    this.#sessions.delete(session.id);
  }

  [Symbol.iterator](): IterableIterator<Session> {
    return this.#sessions.values();
  }

  /** The session whose id and token these are; null otherwise, whichever of them is wrong. */
  find(id: string, token: string): Session | null {
    const session = this.#sessions.get(id);
    return session === undefined || session.over || !session.tokenFits(token) ? null : session;
  }
}
