import { createRequire } from 'node:module';
import { LegacyToS3Error } from '../../api/errors';

type Constructor = new (...args: unknown[]) => object;

/**
 * In the bundle this stands in for `@azure/identity`, tens of megabytes that tedious loads at once although only
 * Microsoft Entra logins use them: the real package is taken, by the first use, when it is installed beside this one.
 */
function lazyClass(name: string): Constructor {
  return class {
    public constructor(...args: unknown[]) {
      return new (loadIdentity()[name])(...args);
    }
  };
}

function loadIdentity(): { readonly [name: string]: Constructor } {
  try {
    return createRequire(__filename)('@azure/identity');
  } catch (error) {
    throw new LegacyToS3Error('INVALID_CONFIG', 'a Microsoft Entra login needs the package @azure/identity: npm install @azure/identity', { cause: error });
  }
}

export const ClientSecretCredential = lazyClass('ClientSecretCredential');
export const DefaultAzureCredential = lazyClass('DefaultAzureCredential');
export const ManagedIdentityCredential = lazyClass('ManagedIdentityCredential');
export const UsernamePasswordCredential = lazyClass('UsernamePasswordCredential');
