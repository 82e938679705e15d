import { lazyClass } from './optional-package';

/** Stands in for `@azure/identity` in the bundle. */
const credential = (name: string) => lazyClass('@azure/identity', name, 'a Microsoft Entra login');

export const ClientSecretCredential = credential('ClientSecretCredential');
export const DefaultAzureCredential = credential('DefaultAzureCredential');
export const ManagedIdentityCredential = credential('ManagedIdentityCredential');
export const UsernamePasswordCredential = credential('UsernamePasswordCredential');
