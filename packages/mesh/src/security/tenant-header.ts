/** Name of the request header that names the tenant. It is believed of trusted callers only; see `Authenticate`. */
export const tenantHeader = 'osum-tenant';
/** Tenant of calls that name none. */
export const defaultTenant = 'default';
