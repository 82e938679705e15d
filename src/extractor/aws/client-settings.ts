import { fromIni, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';

/** How AWS is reached, whichever service. */
export interface AwsOptions {
  /** Default: as the SDK finds it. */
  readonly region?: string;
  /** Profile of the shared config files, for credentials and region. */
  readonly profile?: string;
  /** Role that is assumed with the credentials found. */
  readonly roleArn?: string;
  /** `http://host:port` of a proxy that all requests take. */
  readonly proxyUrl?: string;
}

/** What a client of the SDK's version 3 takes. */
export interface AwsClientSettings {
  readonly region?: string;
  readonly profile?: string;
  readonly credentials?: ReturnType<typeof fromTemporaryCredentials>;
}

/** Connections to one service at the same time. */
const MAX_SOCKETS = 64;

/** Name of the session of an assumed role, as CloudTrail shows it. */
const ROLE_SESSION = 'cdk-legacy-to-s3';

/** Settings of any client: where it is, and who calls. */
export function clientSettings({ region, profile, roleArn, proxyUrl }: AwsOptions): AwsClientSettings {
  if (roleArn === undefined) return { region, profile };
  return {
    region,
    profile,
    credentials: fromTemporaryCredentials({
      params: { RoleArn: roleArn, RoleSessionName: ROLE_SESSION },
      // Without a profile the SDK's own chain is asked: environment, files, the machine's role.
      masterCredentials: profile === undefined ? undefined : fromIni({ profile }),
      clientConfig: { region, requestHandler: agents(proxyUrl) },
    }),
  };
}

/** The agents of a request handler. */
export function agents(proxyUrl?: string) {
  const options = { keepAlive: true, maxSockets: MAX_SOCKETS };
  if (proxyUrl === undefined) return { httpsAgent: options, httpAgent: options };
  return { httpsAgent: new HttpsProxyAgent(proxyUrl, options), httpAgent: new HttpProxyAgent(proxyUrl, options) };
}
