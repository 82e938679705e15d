import { LegacyToS3Error } from '../../extractor/doors/public';

const DENIED = /AccessDenied|NotAuthorized|UnrecognizedClient|InvalidClientToken|InvalidSignature|SignatureDoesNotMatch|ExpiredToken|CredentialsProvider|TokenProvider/;
const UNREACHABLE = /ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|TimeoutError|ServiceUnavailable|Throttl|InternalFailure/;

/**
 * Turns an error of an AWS service into one a user can act on.
 *
 * @param what the operation and its object, for example `read stack 'Ledger'`
 */
export function toAwsError(error: unknown, what: string): LegacyToS3Error {
  if (error instanceof LegacyToS3Error) return error;
  const { name = '', code = '', message = String(error) } = error as { name?: string; code?: string; message?: string };
  // The SDK joins the errors of several addresses into one without a text.
  const said = message || code || name;
  const fail = (to: ConstructorParameters<typeof LegacyToS3Error>[0], reason: string) => new LegacyToS3Error(to, `cannot ${what}: ${reason}`, { cause: error });
  if (/CredentialsProvider|TokenProvider/.test(name)) return fail('TARGET_ACCESS_DENIED', `no AWS credentials (${said}); set AWS_PROFILE or the keys in the environment`);
  if (DENIED.test(name)) return fail('TARGET_ACCESS_DENIED', `access denied (${said})`);
  if (/region is missing/i.test(said)) return fail('INVALID_CONFIG', 'no region is known; pass --region or set AWS_REGION');
  if (UNREACHABLE.test(`${name} ${code} ${said}`)) return fail('TARGET_UNREACHABLE', `the service does not answer (${said}); check --endpoint-url, --region and the network`);
  return fail('TARGET_NOT_FOUND', said);
}
