import type { ConnectionConfiguration } from 'tedious';
import { Authentication } from '../../api/sql-server-source';

/** Who logs in, and how. */
export interface LoginOptions {
  /** Default SQL. */
  readonly authentication?: Authentication;
  readonly user: string;
  readonly password: string;
  readonly domain?: string;
  readonly tenantId?: string;
  readonly clientId?: string;
}

/** The driver's form of a login. */
export function tediousAuthentication({ authentication, user, password, domain, tenantId, clientId }: LoginOptions): ConnectionConfiguration['authentication'] {
  switch (authentication ?? Authentication.SQL) {
    case Authentication.SQL:
      return { type: 'default', options: { userName: user, password } };
    case Authentication.NTLM:
      return { type: 'ntlm', options: { domain: domain!, userName: user, password } };
    case Authentication.ENTRA_PASSWORD:
      return { type: 'azure-active-directory-password', options: { clientId: clientId!, tenantId: tenantId!, userName: user, password } };
    case Authentication.ENTRA_SERVICE_PRINCIPAL:
      return { type: 'azure-active-directory-service-principal-secret', options: { clientId: clientId!, tenantId: tenantId!, clientSecret: password } };
    case Authentication.ENTRA_MANAGED_IDENTITY:
      return { type: 'azure-active-directory-msi-vm', options: { clientId } };
    case Authentication.ENTRA_DEFAULT:
      return { type: 'azure-active-directory-default', options: { clientId } };
    case Authentication.ENTRA_ACCESS_TOKEN:
      return { type: 'azure-active-directory-access-token', options: { token: password } };
  }
}
