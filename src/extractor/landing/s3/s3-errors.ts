import { LegacyToS3Error, type ErrorCode } from '../../api/errors';

/** The parts of the SDK's errors that are looked at. */
interface SdkError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly Code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly $response?: { readonly headers?: { readonly [name: string]: string } };
}

const DENIED = new Set([
  'AccessDenied', 'AllAccessDisabled', 'InvalidAccessKeyId', 'SignatureDoesNotMatch', 'ExpiredToken', 'InvalidToken', 'TokenRefreshRequired',
  'RequestTimeTooSkewed', 'Forbidden', 'CredentialsProviderError', 'TokenProviderError', 'KMS.DisabledException', 'KMSAccessDenied',
]);

const UNREACHABLE = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EPIPE', 'ERR_SOCKET_CONNECTION_TIMEOUT',
  'TimeoutError', 'SlowDown', 'ServiceUnavailable', 'InternalError', 'ThrottlingException', 'RequestTimeout',
]);

/**
 * Turns an error of the SDK into one a user can act on.
 *
 * @param what the operation and its object, for example `upload part 3 of s3://bucket/key`
 * @param bucket name of the bucket, for advice
 * @param needs permissions of the operation
 */
export function toS3Error(error: unknown, what: string, bucket: string, needs = 's3:PutObject and s3:AbortMultipartUpload'): LegacyToS3Error {
  if (error instanceof LegacyToS3Error) return error;
  const sdk = (error ?? {}) as SdkError;
  const name = sdk.name ?? '';
  const status = sdk.$metadata?.httpStatusCode;
  const fail = (code: ErrorCode, reason: string) => new LegacyToS3Error(code, `cannot ${what}: ${reason}`, { cause: error });

  if (name === 'AbortError') return fail('INTERRUPTED', 'stopped');
  if (name === 'NoSuchBucket' || (status === 404 && name !== 'NoSuchUpload')) {
    return fail('TARGET_NOT_FOUND', `there is no bucket '${bucket}'${status ? ` (HTTP ${status})` : ''}; check its name, region and endpoint`);
  }
  if (name === 'CredentialsProviderError') {
    return fail('TARGET_ACCESS_DENIED', 'no AWS credentials were found; set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
  }
  if (status === 301 || name === 'PermanentRedirect') {
    const region = sdk.$response?.headers?.['x-amz-bucket-region'];
    return fail('TARGET_NOT_FOUND', `bucket '${bucket}' is in another region${region ? `: pass region ${region}` : ''}`);
  }
  if (DENIED.has(name) || status === 403 || status === 401) {
    return fail('TARGET_ACCESS_DENIED', `access denied${tell(sdk)}; the role needs ${needs} on '${bucket}' and its KMS key`);
  }
  if (/region is missing/i.test(sdk.message ?? '')) {
    return new LegacyToS3Error('INVALID_CONFIG', `no region is known for bucket '${bucket}'; pass region or set AWS_REGION`, { cause: error });
  }
  // The SDK wraps errors of another realm and keeps only their text.
  const errno = sdk.code ?? /\bE[A-Z_]{4,}\b/.exec(sdk.message ?? '')?.[0] ?? '';
  if (UNREACHABLE.has(name) || UNREACHABLE.has(errno) || (status !== undefined && status >= 500)) {
    return fail('TARGET_UNREACHABLE', `the store does not answer${tell({ ...sdk, name, code: errno || undefined })}`);
  }
  // The answer to a HEAD request has no body to say what is wrong.
  if (status === 400 && /^Unknown(Error)?$/.test(name)) {
    return fail('TARGET_WRITE_FAILED', `S3 refuses the request${tell({ ...sdk, name: undefined })}; check the name of bucket '${bucket}', its region and the credentials`);
  }
  return fail('TARGET_WRITE_FAILED', (sdk.message ?? String(error)) + tell(sdk));
}

/** Name, status and request id, as AWS support asks for them. */
function tell(error: SdkError): string {
  const parts = [
    error.code ?? (error.name === 'Error' ? undefined : error.name),
    error.$metadata?.httpStatusCode && `HTTP ${error.$metadata.httpStatusCode}`,
    error.$metadata?.requestId && `request ${error.$metadata.requestId}`,
  ].filter(Boolean);
  return parts.length > 0 ? ` (${parts.join(', ')})` : '';
}
