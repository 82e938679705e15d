import { lazyClass } from './optional-package';

/** Stands in for `@azure/keyvault-keys` in the bundle. */
const client = (name: string) => lazyClass('@azure/keyvault-keys', name, 'an Always Encrypted key in Azure Key Vault');

export const CryptographyClient = client('CryptographyClient');
export const KeyClient = client('KeyClient');
