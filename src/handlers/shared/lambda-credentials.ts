import { HandlerError } from './errors';

/**
 * Takes the place of the SDK's `@aws-sdk/credential-provider-node` in the bundle: Lambda hands a function its role's
 * credentials in the environment, so the chain of profiles, SSO, web identity and metadata services, a fifth of the
 * code loaded at a cold start, has nothing to find.
 */
export const defaultProvider = () => async () => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
    throw new HandlerError('INVALID_CONFIG', 'expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, as Lambda sets them');
  }
  return { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, sessionToken: AWS_SESSION_TOKEN };
};
