import { z } from 'zod';
import { spiffePatternSchema } from './spiffe-id.js';

const pemFile = z.string().min(1).optional();

/** How a service proves who it is, and whom it trusts. Without `tlsCert` all is plaintext. */
export const tlsConfigShape = {
  tlsCert: pemFile.describe(
    'PEM file of the certificate that this service shows to its callers and to the services that it calls; turns TLS on',
  ),
  tlsKey: pemFile.describe('PEM file of the private key of the certificate'),
  tlsCa: pemFile.describe('PEM file of the authorities whose certificates are accepted'),
  tlsPeers: z
    .array(spiffePatternSchema)
    .default([])
    .describe(
      'SPIFFE identities that may call, such as spiffe://mesh.example/router or spiffe://mesh.example/*; the tenant that they name is believed',
    ),
  tlsServers: z
    .array(spiffePatternSchema)
    .default([])
    .describe(
      'SPIFFE identities of the services that this one calls; without any, certificates must be of the hosts that are called',
    ),
  reloadSeconds: z
    .number()
    .positive()
    .default(30)
    .describe(
      'how often files of certificates, keys and tenants are looked at; changes are taken without a restart',
    ),
};

/** See `tlsConfigShape`. */
export type TlsConfig = z.infer<z.ZodObject<typeof tlsConfigShape>>;

/** Another certificate for callers from outside, where the one of `tlsCert` is for the mesh only. */
export const doorConfigShape = {
  doorCert: pemFile.describe(
    'PEM file of the certificate that is shown to callers, if it is not that of --tls-cert',
  ),
  doorKey: pemFile.describe('PEM file of the private key of that certificate'),
};

/** See `doorConfigShape`. */
export type DoorConfig = z.infer<z.ZodObject<typeof doorConfigShape>>;
