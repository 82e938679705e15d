import { createRequire } from 'node:module';
import { LegacyToS3Error } from '../errors';

type Constructor = new (...args: unknown[]) => object;

/**
 * A class of a package that is loaded by its first use. tedious loads some heavy packages that few connections need;
 * the bundle has these classes in their place, and the real package is taken when it is installed beside this one.
 */
export function lazyClass(packageName: string, className: string, purpose: string): Constructor {
  return class {
    public constructor(...args: unknown[]) {
      return new (load(packageName, purpose)[className])(...args);
    }
  };
}

function load(packageName: string, purpose: string): { readonly [name: string]: Constructor } {
  try {
    return createRequire(__filename)(packageName);
  } catch (error) {
    throw new LegacyToS3Error('INVALID_CONFIG', `${purpose} needs the package '${packageName}': npm install ${packageName}`, { cause: error });
  }
}
