import { addressKeys, type EnvoyOptions, envoyOptionsSchema } from '../envoy/envoy-options.js';
import { socketAddress } from '../envoy/socket-address.js';
import { type StageName, stageNames, stages } from '../mesh/stages.js';
import type { ComposeFile, ComposeService } from './api.js';

/** What the compose file is made of. */
export interface ComposeOptions {
  /** Instances of every stage. */
  readonly instances: number;
  /** Image of the services, whose entry point is `osum`. */
  readonly image: string;
  readonly envoyImage: string;
  /** Folder of model packages, relative to the compose file. */
  readonly models: string;
  /** Name of the package in it. */
  readonly package: string;
}

/** Longer than the 20 s that a service waits for its calls when it drains. */
const STOP_GRACE = '30s';
/** Metrics and probes, for the inner network only: deploy/observability scrapes it. */
const OPERATIONS_PORT = 9464;

/** Envoy's options where every instance is a host of one network: `encoder-1`, `encoder-2`, ... */
export function composeEnvoyOptions({ instances }: Pick<ComposeOptions, 'instances'>): EnvoyOptions {
  return envoyOptionsSchema.parse(
    Object.fromEntries(stageNames.map((stage) => [addressKeys[stage], addressesOf(stage, instances)])),
  );
}

/** The mesh as a compose file: every instance of every stage, and Envoy before and between them. */
export function composeFile(options: ComposeOptions): ComposeFile {
  const { instances, envoyImage } = options;
  const envoy = composeEnvoyOptions(options);
  const door = socketAddress(envoy.doorListen).socket_address.port_value;
  const hosts = stageNames.flatMap((stage) =>
    hostsOf(stage, instances).map((host) => [host, instance(stage, host, envoy, options)] as const),
  );
  return {
    name: 'osum-mesh',
    services: {
      envoy: {
        image: envoyImage,
        command: ['--config-path', '/etc/envoy/envoy.yaml'],
        ...contained(),
        volumes: [{ type: 'bind', source: './envoy.yaml', target: '/etc/envoy/envoy.yaml', read_only: true }],
        // In plaintext, so for this machine only.
        ports: [`127.0.0.1:${door}:${door}`],
        depends_on: hosts.map(([host]) => host),
      },
      ...Object.fromEntries(hosts),
    },
  };
}

function instance(
  stage: StageName,
  host: string,
  envoy: EnvoyOptions,
  options: ComposeOptions,
): ComposeService {
  const { port, calls, forwardsTo } = stages[stage];
  const mesh = `envoy:${socketAddress(envoy.meshListen).socket_address.port_value}`;
  const forward =
    forwardsTo === undefined
      ? []
      : ['--forward-addresses', addressesOf(forwardsTo, options.instances).join(',')];
  return {
    image: options.image,
    command: [
      ...['serve', stage, '--package', `/models/${options.package}`],
      ...['--listen', `0.0.0.0:${port}`, '--advertise', `${host}:${port}`],
      ...['--operations', `0.0.0.0:${OPERATIONS_PORT}`],
      ...Object.keys(calls).flatMap((key) => [`--${key}`, mesh]),
      ...forward,
    ],
    ...contained(),
    volumes: [{ type: 'bind', source: options.models, target: '/models', read_only: true }],
  };
}

function hostsOf(stage: StageName, instances: number): string[] {
  return Array.from({ length: instances }, (_, index) => `${stage}-${index + 1}`);
}

function addressesOf(stage: StageName, instances: number): string[] {
  return hostsOf(stage, instances).map((host) => `${host}:${stages[stage].port}`);
}

function contained(): Pick<
  ComposeService,
  'restart' | 'stop_grace_period' | 'read_only' | 'tmpfs' | 'cap_drop' | 'security_opt'
> {
  return {
    restart: 'unless-stopped',
    stop_grace_period: STOP_GRACE,
    read_only: true,
    tmpfs: ['/tmp'],
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
  };
}
