import getPort from 'get-port';

/**
 * Addresses of a document, such as `127.0.0.1:50051`, in the places where services really listen while its examples run. Many documents are
 * tested at a time on one machine, so no documented port can be taken literally.
 */
export class PortMap {
  readonly #ports: Map<string, number>;

  /** @param ports Real port of each documented one. */
  constructor(ports: Readonly<Record<string, number>>) {
    this.#ports = new Map(Object.entries(ports));
  }

  /** Gives a free port to each address that the flags of a server name, for the rest of the document. */
  async listen(code: string): Promise<void> {
    for (const [, port] of code.matchAll(/--(?:listen|http|operations|admin)[ =]127\.0\.0\.1:(\d+)/g)) {
      this.#ports.set(port!, await getPort({ host: '127.0.0.1' }));
    }
  }

  /** The code with real ports. */
  real(code: string): string {
    return code.replace(
      /127\.0\.0\.1:(\d+)/g,
      (address, port) => `127.0.0.1:${this.#ports.get(port) ?? address.split(':')[1]}`,
    );
  }
}
