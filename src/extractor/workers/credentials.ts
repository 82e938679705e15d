import { LegacyToS3Error } from '../api/errors';

/** Where ECS answers a task (Amazon ECS Developer Guide, "Amazon ECS task IAM role"). */
const ECS = 'http://169.254.170.2';

const ATTEMPTS = 3;
const TIMEOUT_MS = 5000;

/** As the SDK takes them. */
interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** The SDK asks again before. Lambda's hold for the life of the process. */
  readonly expiration?: Date;
}

/**
 * Takes the place of the SDK's `@aws-sdk/credential-provider-node` in the bundle of the workers: Lambda hands a function its role's
 * credentials in the environment, and ECS a task by HTTP; the chain of profiles, SSO and web identity has nothing to find.
 */
export const defaultProvider = () => async (): Promise<Credentials> => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY) {
    return { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, sessionToken: AWS_SESSION_TOKEN };
  }
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path, AWS_CONTAINER_CREDENTIALS_FULL_URI: url = path && ECS + path } = process.env;
  if (!url) throw new LegacyToS3Error('INVALID_CONFIG', 'expected credentials in the environment, as Lambda sets them, or AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, as ECS does');
  for (let attempt = 1; ; attempt++) {
    try {
      return await credentialsAt(url);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
};

async function credentialsAt(url: string): Promise<Credentials> {
  const authorization = process.env.AWS_CONTAINER_AUTHORIZATION_TOKEN;
  const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), ...(authorization && { headers: { authorization } }) });
  if (!answer.ok) throw new LegacyToS3Error('INVALID_CONFIG', `ECS gave the task no credentials: HTTP ${answer.status}`);
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = await answer.json() as { readonly [name: string]: string };
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token, expiration: new Date(Expiration) };
}
