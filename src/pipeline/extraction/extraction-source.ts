import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import type { Authentication, Encryption } from '../../extractor/api/sql-server-source';

/**
 * The SQL Server database that an extraction reads: properties of `SqlServerSource`, of the same names, types and defaults, but
 * for the password, which is in a secret or a parameter, and the certificates, which are uploaded with the app.
 */
export interface ExtractionSource {
  /**
   * Host name or address, `host,port`, or `host\instance`, which looks the port up at the SQL Server Browser (UDP 1434). As in
   * connection strings `tcp:` may stand before it. It may be known at deployment only.
   *
   * @default - as the secret says
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
   * @default - as the secret says
   */
  readonly database?: string;

  /**
   * Name of the login.
   *
   * @default - as the secret says
   */
  readonly user?: string;

  /**
   * How the login proves who it is. The methods of Microsoft Entra but for an access token need the package `@azure/identity`
   * in a layer (`layers`) and a way to `login.microsoftonline.com`; managed identities are those of Azure, which Lambda has not.
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
   * Secret with the password: JSON with `username` and `password` as RDS keeps it, where `host`, `port` and `dbname` stand in for
   * what is not given here, or the password alone. Functions read it when they begin, so that it may be rotated.
   *
   * @default - the password is in passwordParameter
   */
  readonly secret?: secretsmanager.ISecret;

  /**
   * Parameter of SSM with the password, for example `ssm.StringParameter.fromSecureStringParameterAttributes(…)`.
   *
   * @default - the password is in secret
   */
  readonly passwordParameter?: ssm.IStringParameter;

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
   * Path of a PEM file with the certificate authorities to trust for the server's certificate. It is uploaded as an asset.
   *
   * @default - the authorities Node.js ships with
   */
  readonly caCertificate?: string;

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
