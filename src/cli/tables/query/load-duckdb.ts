import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as duckdb from '@duckdb/node-api';
import { LegacyToS3Error } from '../../../extractor/doors/public';

/** Not part of this package: it is 60 MB. */
const PACKAGE = '@duckdb/node-api';

/**
 * DuckDB, where it is installed: beside the working directory's packages, else beside this one.
 *
 * @throws LegacyToS3Error of code INVALID_CONFIG when it is not
 */
export function loadDuckdb(): typeof duckdb {
  for (const from of [join(process.cwd(), 'package.json'), __filename]) {
    try {
      return createRequire(from)(PACKAGE) as typeof duckdb;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND' && (error as Error).message.includes(`'${PACKAGE}'`)) continue;
      throw new LegacyToS3Error('INVALID_CONFIG', `${PACKAGE} cannot be loaded: ${(error as Error).message}`, { cause: error });
    }
  }
  throw new LegacyToS3Error('INVALID_CONFIG', `queries of a folder are answered by DuckDB, which is not installed here: npm install ${PACKAGE}`);
}
