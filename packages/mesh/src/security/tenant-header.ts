/** Name of the request header that names the tenant. It is believed of trusted callers only; see `Authenticate`. */
export const tenantHeader = 'osum-tenant';
/** Headers that carry a caller's credentials: an API key, or `Bearer` and a token. */
export const credentialHeaders = { apiKey: 'x-api-key', authorization: 'authorization' } as const;
/** Tenant of calls that name none. */
export const defaultTenant = 'default';
