import type { Wish } from '@osum/client';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { MeshCredentials } from '../mesh/mesh-credentials.js';
import { UsageError } from '../usage-error.js';

/** What `--instruction` or `--tags` asks for; `otherwise` without both. */
export function chosenWish(options: { instruction?: string; tags?: string }, otherwise: Wish): Wish {
  const { instruction, tags } = options;
  if (instruction !== undefined && tags !== undefined) {
    throw new UsageError('give either --instruction or --tags, not both');
  }
  if (instruction !== undefined) return { instruction };
  return tags === undefined ? otherwise : { tags };
}

/** A whole number of at least `least`, for commander. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`expected a whole number of at least ${least}.`);
    }
    return value;
  };
}

/** Options that say which mesh answers: one that runs elsewhere, or one that is started for this command. */
export interface MeshOptions extends MeshCredentials {
  address?: string;
  tenant?: string;
  package?: string;
  device: 'auto' | 'npu' | 'host';
}

/** Adds the options of `MeshOptions`. */
export function withMeshOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--address <host:port>',
        'router of a running mesh; without it, one is started for this command',
      ).env('OSUM_ADDRESS'),
    )
    .addOption(new Option('--tenant <name>', 'tenant for fair sharing').env('OSUM_TENANT'))
    .addOption(
      new Option(
        '--tls-ca <file>',
        'call the mesh by TLS, and trust these authorities (PEM); "system": those of this machine',
      ).env('OSUM_TLS_CA'),
    )
    .addOption(
      new Option(
        '--tls-server-name <host>',
        "host that the mesh's certificate must name, where it is not called by that name (default: that of --address)",
      ).env('OSUM_TLS_SERVER_NAME'),
    )
    .addOption(new Option('--tls-cert <file>', 'certificate to show to the mesh (PEM)').env('OSUM_TLS_CERT'))
    .addOption(new Option('--tls-key <file>', 'private key of the certificate (PEM)').env('OSUM_TLS_KEY'))
    .addOption(new Option('--api-key <key>', 'API key; better given by the variable').env('OSUM_API_KEY'))
    .addOption(new Option('--token <token>', 'bearer token; better given by the variable').env('OSUM_TOKEN'))
    .addOption(packageOption())
    .addOption(deviceOption());
}

/** `--package`: the model package that an embedded mesh serves. */
export function packageOption(): Option {
  return new Option(
    '--package <folder>',
    'model package of the embedded mesh (default: the shipped osum-nano)',
  ).env('OSUM_PACKAGE');
}

/** `--device`: where an embedded mesh computes. */
export function deviceOption(): Option {
  return new Option(
    '--device <kind>',
    'auto takes NPUs when CANN is installed and a device answers, else the CPU',
  )
    .choices(['auto', 'npu', 'host'])
    .default('auto')
    .env('OSUM_DEVICE');
}
