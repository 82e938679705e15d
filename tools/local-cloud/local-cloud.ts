import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, startGuarded, tailOf } from './guarded';
import { poll } from './poll';

const ROOT = path.resolve(__dirname, '..', '..');
const HEALTH_PATH = '/_localstack/health';
/** Whoever else may have the port need not answer at all. */
const HEALTH_TIMEOUT_MS = 1000;

/** How the emulator runs. */
export interface LocalCloudOptions {
  /** Port of the HTTP endpoint. @default a free one */
  readonly port?: number;
  /** @default us-east-1 */
  readonly region?: string;
  /** File that gets the emulator's output. @default a file in the cloud's temporary folder, removed by stop() */
  readonly logFile?: string;
  /** Whether IAM policies are enforced on the functions' roles. @default true */
  readonly enforceIam?: boolean;
  /** First delay before an asynchronous invocation is tried again; it doubles. Lambda waits a minute. @default 2 */
  readonly asyncRetryBaseSeconds?: number;
  /** What a state machine's waits and retry intervals are multiplied by; timeouts are not. @default 1 */
  readonly stateWaitScale?: number;
  /** How long after its end an execution may be redriven. @default 1209600, which is 14 days */
  readonly redrivePeriodSeconds?: number;
  /** Functions that run at once; more are throttled, and a throttle uses up one of the three attempts. @default 8 */
  readonly concurrency?: number;
  /** Python of the venv that has ministack, boto3 and duckdb. @default the project's .venv */
  readonly python?: string;
  /** @default 30000 */
  readonly startDeadlineMs?: number;
}

/** What every SDK client of this cloud is made with. */
export interface LocalClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Trusts the HTTPS endpoint's certificate; an object, so that each client makes a handler of its own. */
  readonly requestHandler: { readonly httpsAgent: { readonly ca: string } };
  /** S3 buckets have no host names of their own on loopback. */
  readonly forcePathStyle: true;
}

/** A running emulator. */
export interface LocalCloud {
  /** `http://127.0.0.1:<port>`, for S3 clients that cannot be given a certificate; policies see that it is not TLS. */
  readonly endpoint: string;
  /** `https://127.0.0.1:<port>`, which the functions and {@link clientConfig} use. */
  readonly tlsEndpoint: string;
  /** PEM file of the HTTPS endpoint's certificate, for NODE_EXTRA_CA_CERTS. */
  readonly caFile: string;
  readonly region: string;
  readonly clientConfig: LocalClientConfig;
  /** The same as environment variables, for a child process. */
  readonly env: { readonly [name: string]: string };
  readonly iamEnforced: boolean;
  readonly logFile: string;
  /** Forgets every resource and every datum. */
  reset(): Promise<void>;
  /** Ends the emulator and every function worker. May be called again. */
  stop(): Promise<void>;
}

/** The emulator did not start. */
export class LocalCloudError extends Error {
  public readonly code = 'LOCAL_CLOUD';

  public constructor(message: string) {
    super(message);
    this.name = 'LocalCloudError';
  }
}

/** The root caller of the emulator; it knows no other account secrets. */
const ROOT_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

/**
 * Starts ministack on loopback and waits until it is healthy. The process group ends with stop(), and with this process
 * however it ends.
 *
 * @throws LocalCloudError with the end of the emulator's log when it does not come up
 */
export async function startLocalCloud(options: LocalCloudOptions = {}): Promise<LocalCloud> {
  const python = options.python ?? path.join(ROOT, '.venv', 'bin', 'python');
  if (!existsSync(python)) throw new LocalCloudError(`no Python at ${python}: run 'node tools/setup.js' first`);
  const port = options.port ?? await freePort();
  const tlsPort = await freePort();
  const region = options.region ?? 'us-east-1';
  const folder = mkdtempSync(path.join(tmpdir(), 'local-cloud-'));
  const logFile = options.logFile ?? path.join(folder, 'ministack.log');
  const command = [python, path.join(__dirname, 'serve.py'), String(tlsPort), String(port), folder];
  const server = startGuarded(python, command, { cwd: folder, logFile, env: emulatorEnvironment({ ...options, region }, folder) });
  const endpoint = `http://127.0.0.1:${port}`;
  const tlsEndpoint = `https://127.0.0.1:${tlsPort}`;
  const caFile = path.join(folder, 'certificate.pem');
  const stop = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await poll(async () => {
      if (server.ended()) return 'ended' as const;
      const response = await fetch(`${endpoint}${HEALTH_PATH}`, { signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) });
      return response.ok && 'healthy' as const;
    }, { what: `${endpoint}${HEALTH_PATH}`, deadlineMs: options.startDeadlineMs ?? 30_000 }).then((state) => {
      if (state === 'ended') throw new LocalCloudError('the emulator ended before it was healthy');
    });
  } catch (error) {
    const log = tailOf(logFile);
    await stop();
    throw new LocalCloudError(`${(error as Error).message}\n${log}`);
  }
  return {
    endpoint,
    tlsEndpoint,
    caFile,
    region,
    clientConfig: {
      endpoint: tlsEndpoint,
      region,
      credentials: ROOT_CREDENTIALS,
      requestHandler: { httpsAgent: { ca: readFileSync(caFile, 'utf8') } },
      forcePathStyle: true,
    },
    env: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: ROOT_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ROOT_CREDENTIALS.secretAccessKey,
    },
    iamEnforced: options.enforceIam ?? true,
    logFile,
    reset: async () => {
      const response = await fetch(`${endpoint}/_ministack/reset`, { method: 'POST' });
      if (!response.ok) throw new LocalCloudError(`reset: HTTP ${response.status}`);
    },
    stop,
  };
}

/** A bare environment: what it holds reaches every function, so nothing of ours may leak into it. */
function emulatorEnvironment(options: LocalCloudOptions & { readonly region: string }, folder: string): NodeJS.ProcessEnv {
  return {
    PATH: [path.dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(path.delimiter),
    HOME: folder,
    TMPDIR: folder,
    LANG: 'C.UTF-8',
    MINISTACK_HOST: '127.0.0.1',
    MINISTACK_REGION: options.region,
    // Servers of other protocols on fixed ports, SFTP on every interface.
    SFTP_ENABLED: '0',
    IOT_MTLS_ENABLED: '0',
    AUTH: String(options.enforceIam ?? true),
    NODE_PATH: lambdaRuntimeModules(folder),
    // The SDK warns about this Node; the lines would stand in the functions' logs.
    NODE_NO_WARNINGS: '1',
    LAMBDA_ACCOUNT_CONCURRENCY: String(options.concurrency ?? 8),
    SFN_WAIT_SCALE: String(options.stateWaitScale ?? 1),
    SFN_REDRIVE_PERIOD_SECONDS: String(options.redrivePeriodSeconds ?? 1_209_600),
    LAMBDA_ASYNC_RETRY_BASE_SECONDS: String(options.asyncRetryBaseSeconds ?? 2),
  };
}

/** The AWS SDK, which Lambda's Node runtimes bring along, and nothing else of our node_modules. */
function lambdaRuntimeModules(folder: string): string {
  const modules = path.join(folder, 'runtime', 'node_modules');
  mkdirSync(modules, { recursive: true });
  for (const scope of ['@aws-sdk', '@smithy']) {
    symlinkSync(path.join(ROOT, 'node_modules', scope), path.join(modules, scope));
  }
  return modules;
}
