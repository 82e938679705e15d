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

/** How connections are encrypted. */
export enum Encryption {
  /** TDS 8.0: TLS before anything else, as for HTTPS; the certificate is always checked. SQL Server 2022 and Azure SQL know it. */
  STRICT = 'strict',
  /** TLS that is agreed on in the clear (TDS 7.4), before login and password are sent. */
  MANDATORY = 'mandatory',
  /** None: login, password and rows go in the clear. */
  NONE = 'none',
}

/** A SQL Server database to read from. */
export interface SqlServerSource {
  /**
   * Host name or address, `host,port`, or `host\instance`, which looks the port up at the SQL Server Browser (UDP 1434). As in
   * connection strings `tcp:` may stand before it, and `.` and `(local)` are this machine.
   *
   * @default - as the connection string or the secret says
   */
  readonly server?: string;

  /**
   * TCP port.
   *
   * @default 1433, or the instance's own port when the server names an instance
   */
  readonly port?: number;

  /**
   * Database to read.
   *
   * @default - as the connection string or the secret says
   */
  readonly database?: string;

  /**
   * Name of the login.
   *
   * @default - as the connection string or the secret says
   */
  readonly user?: string;

  /**
   * How the login proves who it is. The methods of Microsoft Entra need the package `@azure/identity` beside this one.
   *
   * @default Authentication.SQL
   */
  readonly authentication?: Authentication;

  /**
   * Windows domain of the account, for NTLM.
   *
   * @default - none
   */
  readonly domain?: string;

  /**
   * Microsoft Entra tenant.
   *
   * @default - none
   */
  readonly tenantId?: string;

  /**
   * Client id of a Microsoft Entra application or managed identity.
   *
   * @default - none
   */
  readonly clientId?: string;

  /**
   * Password of the login. Prefer the other ways to give it: a literal ends up in source control.
   *
   * @default - as one of passwordFromEnv, passwordSecretArn, passwordParameter and passwordFile says
   */
  readonly password?: string;

  /**
   * Environment variable that holds the password.
   *
   * @default LEGACY_TO_S3_PASSWORD
   */
  readonly passwordFromEnv?: string;

  /**
   * ARN (or name) of a secret in AWS Secrets Manager: JSON with `username` and `password` as RDS keeps it, where `host`,
   * `port` and `dbname` stand in for what is not given here, or the password alone.
   *
   * @default - no secret
   */
  readonly passwordSecretArn?: string;

  /**
   * Name or ARN of an SSM parameter that holds the password; a SecureString is decrypted.
   *
   * @default - no parameter
   */
  readonly passwordParameter?: string;

  /**
   * File that holds the password; one line end at its end is none of it.
   *
   * @default - no file
   */
  readonly passwordFile?: string;

  /**
   * ADO.NET connection string. What is given beside it comes first. Prefer {@link connectionStringFromEnv} for one that
   * holds the password.
   *
   * @default - none
   */
  readonly connectionString?: string;

  /**
   * Environment variable that holds the connection string.
   *
   * @default - none
   */
  readonly connectionStringFromEnv?: string;

  /**
   * Whether the connection must be encrypted. With `true` a server that offers no encryption is refused before the
   * password is sent. Strict encryption (TDS 8.0) is asked for by `encryption`.
   *
   * @default true
   */
  readonly encrypt?: boolean;

  /**
   * How connections are encrypted; says more than {@link encrypt}, and must not contradict it.
   *
   * @default Encryption.MANDATORY, or Encryption.NONE where `encrypt` is false
   */
  readonly encryption?: Encryption;

  /**
   * PEM file with the certificate authorities to trust for the server's certificate.
   *
   * @default - the authorities Node.js ships with
   */
  readonly caFile?: string;

  /**
   * Accept any certificate. Whoever sits between you and the server can then read the password and the rows.
   *
   * @default false
   */
  readonly trustServerCertificate?: boolean;

  /**
   * Host name expected in the server's certificate, when it differs from `server` (tunnels, aliases).
   *
   * @default - the server's host name
   */
  readonly hostNameInCertificate?: string;

  /**
   * How long connecting and logging in may take (seconds).
   *
   * @default 15
   */
  readonly connectTimeoutSeconds?: number;

  /**
   * How long a run's first connection is tried again after failures that pass (seconds): a serverless database that was paused
   * takes about a minute to resume. 0 tries once. Wrong passwords, hosts and certificates are told at once, and readers go by
   * `maxRetries`.
   *
   * @default 120
   */
  readonly connectRetrySeconds?: number;

  /**
   * Whether all addresses of the host are tried at once, so that an availability group's listener over several subnets is
   * reached without waiting for those that are not its primary's (MultiSubnetFailover).
   *
   * @default false: one after the other
   */
  readonly multiSubnetFailover?: boolean;

  /**
   * Whether connections state ApplicationIntent=ReadOnly, so that an availability group's listener may route them to a
   * readable secondary.
   *
   * @default false
   */
  readonly readOnlyIntent?: boolean;
}
