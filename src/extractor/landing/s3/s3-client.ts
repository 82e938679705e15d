import { S3Client } from '@aws-sdk/client-s3';
import { agents, clientSettings, type AwsOptions } from '../../aws/client-settings';

export interface S3ClientOptions extends AwsOptions {
  /** Base URL of an S3-compatible store, addressed by path. */
  readonly endpointUrl?: string;
  /** Most a request may take, answer included (milliseconds). Default 300,000. */
  readonly requestTimeoutMs?: number;
  /** Attempts at a request. Default 5. */
  readonly maxAttempts?: number;
}

/** A client whose requests end in bounded time and carry one checksum, not two. */
export function createS3Client(options: S3ClientOptions): S3Client {
  const client = new S3Client({
    ...clientSettings(options),
    region: options.region ?? (options.endpointUrl && !options.profile && !regionIsSet() ? 'us-east-1' : undefined),
    endpoint: options.endpointUrl,
    forcePathStyle: options.endpointUrl !== undefined,
    // An access point lies where its ARN says.
    useArnRegion: true,
    followRegionRedirects: options.endpointUrl === undefined,
    // Each body has its checksum already; the SDK's own CRC32 would be a second checksum of every byte.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: options.maxAttempts ?? 5,
    requestHandler: {
      connectionTimeout: 10_000,
      requestTimeout: options.requestTimeoutMs ?? 300_000,
      throwOnRequestTimeout: true,
      ...agents(options.proxyUrl),
    },
  });
  signWithKnownHash(client);
  return client;
}

/**
 * Gives the signer the body's SHA-256 where the request states it, so that each byte is hashed once: SigV4's
 * `x-amz-content-sha256` is the same digest in hexadecimal.
 */
function signWithKnownHash(client: S3Client): void {
  client.middlewareStack.add(
    (next) => (args) => {
      const { Body, ChecksumSHA256 } = args.input as { readonly Body?: unknown; readonly ChecksumSHA256?: string };
      if (Body !== undefined && ChecksumSHA256 !== undefined) {
        const { headers } = args.request as { readonly headers: Record<string, string> };
        headers['x-amz-content-sha256'] = Buffer.from(ChecksumSHA256, 'base64').toString('hex');
      }
      return next(args);
    },
    { step: 'build', name: 'signWithKnownHash', priority: 'low' },
  );
}

function regionIsSet(): boolean {
  return Boolean(process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION);
}
