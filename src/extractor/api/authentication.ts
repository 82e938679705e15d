/** How a login proves who it is. */
export enum Authentication {
  /** A SQL Server login: `user` and a password. */
  SQL = 'sql',
  /** A Windows account over NTLM: `domain`, `user` and a password. */
  NTLM = 'ntlm',
  /** A Microsoft Entra user: `clientId` and `tenantId` of an application, `user` and a password. */
  ENTRA_PASSWORD = 'entraPassword',
  /** A Microsoft Entra application: `clientId` and `tenantId`; the password is its client secret. */
  ENTRA_SERVICE_PRINCIPAL = 'entraServicePrincipal',
  /** The managed identity of an Azure virtual machine; `clientId` names one that a user assigned. */
  ENTRA_MANAGED_IDENTITY = 'entraManagedIdentity',
  /** What DefaultAzureCredential of `@azure/identity` finds: environment, workload, managed identity, CLI. */
  ENTRA_DEFAULT = 'entraDefault',
  /** An access token for the resource `https://database.windows.net/`; it takes the password's place. */
  ENTRA_ACCESS_TOKEN = 'entraAccessToken',
}
