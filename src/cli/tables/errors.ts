import { LegacyToS3Error } from '../../extractor/doors/public';
import { IcebergError } from '../../iceberg/spec/errors';
import { toAwsError } from '../account/aws-errors';

/** What went wrong with a table. */
export interface Problem {
  /** Of an Iceberg table, else of this program; INTERNAL for a failure without one. */
  readonly code: string;
  readonly message: string;
}

/** The same of what was thrown. */
export function problemOf(error: unknown): Problem {
  const { message } = error as Error;
  return { code: error instanceof IcebergError || error instanceof LegacyToS3Error ? error.code : 'INTERNAL', message };
}

/**
 * Runs what reads or changes landed tables.
 *
 * @param place in which there are no services where it is a folder
 * @param what the operation and its object, for example `list the landed tables of stack 'Ledger'`
 * @throws LegacyToS3Error of code LANDED_TABLE_REFUSED for what an Iceberg table refuses, else of files' and services' own codes
 */
export async function telling<T>({ folder }: { readonly folder?: unknown }, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const told = toldError(error, what);
    // What neither knows comes from a service, unless it is a defect of this program.
    throw told !== error || folder || error instanceof TypeError || error instanceof RangeError ? told : toAwsError(error, what);
  }
}

function toldError(error: unknown, what: string): unknown {
  if (error instanceof IcebergError) return new LegacyToS3Error('LANDED_TABLE_REFUSED', `cannot ${what}: ${error.code}: ${error.message}`, { cause: error });
  const { code, message, syscall } = error as NodeJS.ErrnoException;
  if (syscall !== undefined && code !== undefined && /^E(ACCES|PERM|ROFS|NOSPC|NOTDIR|ISDIR|NAMETOOLONG|DQUOT)$/.test(code)) {
    const to = code === 'ENOSPC' || code === 'EDQUOT' ? 'TARGET_FULL' : /^E(ACCES|PERM|ROFS)$/.test(code) ? 'TARGET_ACCESS_DENIED' : 'TARGET_WRITE_FAILED';
    return new LegacyToS3Error(to, `cannot ${what}: ${message}`, { cause: error });
  }
  return error;
}
