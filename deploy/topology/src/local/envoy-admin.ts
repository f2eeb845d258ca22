/** An instance as Envoy sees it. */
export interface EnvoyHost {
  /** The stage. */
  readonly cluster: string;
  /** `host:port` */
  readonly address: string;
  /** `healthy`, or why not: `/failed_active_hc`, `/failed_outlier_check`, ... */
  readonly healthFlags: string;
  /** Counters of this instance, such as `rq_total`, `rq_active`, `cx_connect_fail`. */
  readonly counters: Readonly<Record<string, number>>;
}

/** Envoy's administration. */
export interface EnvoyAdmin {
  /** Whether it serves. */
  ready(): Promise<boolean>;
  /** Every instance of every stage. Calls may pass although none is healthy, so this alone tells. */
  hosts(): Promise<EnvoyHost[]>;
  /** Value of a counter or gauge; 0 if Envoy has never counted it. */
  stat(name: string): Promise<number>;
}

/** The administration at `host:port`. */
export function envoyAdmin(address: string): EnvoyAdmin {
  const get = async (path: string) => {
    const response = await fetch(`http://${address}${path}`);
    return { ok: response.ok, text: await response.text() };
  };
  return {
    async ready() {
      try {
        return (await get('/ready')).ok;
      } catch {
        return false;
      }
    },
    hosts: async () => hostsFromText((await get('/clusters')).text),
    async stat(name) {
      const escaped = name.replaceAll('.', '\\.');
      const { text } = await get(`/stats?filter=${encodeURIComponent(`^${escaped}$`)}`);
      return Number(/: (\d+)/.exec(text)?.[1] ?? 0);
    },
  };
}

// Lines are `cluster::host:port::key::value`; those of the cluster itself have no host.
function hostsFromText(text: string): EnvoyHost[] {
  const hosts = new Map<
    string,
    { cluster: string; address: string; healthFlags: string; counters: Record<string, number> }
  >();
  for (const line of text.split('\n')) {
    const [cluster, address, key, value] = line.split('::');
    if (cluster === undefined || key === undefined || value === undefined || !/:\d+$/.test(address ?? ''))
      continue;
    const name = `${cluster} ${address}`;
    const host = hosts.get(name) ?? { cluster, address: address!, healthFlags: '', counters: {} };
    hosts.set(name, host);
    if (key === 'health_flags') host.healthFlags = value;
    else if (/^\d+$/.test(value)) host.counters[key] = Number(value);
  }
  return [...hosts.values()];
}
