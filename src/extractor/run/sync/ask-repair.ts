import type { PlanControls } from '../../api/controls';
import { LegacyToS3Error } from '../../api/errors';
import type { ExtractorProps } from '../../api/extractor-props';
import { addressOf } from '../../source/connection/sql-server-connection';
import { toSafeError } from '../../source/credentials/redact';
import { chainKey, linkKey, readChain, withReloads, writeChain } from '../../state/chain-store';
import { SYSTEM_CLOCK, type Clock } from '../../state/clock';
import { withTarget } from '../../state/open-store';
import { chainFolder } from '../../state/run-folder';
import { RunLease } from '../../state/run-lease';
import { openSource } from '../context/open-source';
import { resolveOptions } from '../context/run-options';

/** A table that the next sync reads whole. */
export interface RepairedTable {
  readonly schema: string;
  readonly table: string;
}

/** What a manifest says of a table that was read whole for this. */
export const REPAIR = 'repair';

/**
 * Has the next sync read tables whole, whatever changed in them; asking again changes nothing.
 *
 * @param names `schema.table`, or `table` where one schema alone has it
 * @throws LegacyToS3Error of code NO_TABLE_MATCHED for one that no sync has landed, RUN_IN_USE while a sync of the database is at work
 */
export async function askRepair(
  props: ExtractorProps, names: readonly string[], { signal, onConnectRetry }: PlanControls = {}, clock: Clock = SYSTEM_CLOCK,
): Promise<RepairedTable[]> {
  const options = await resolveOptions(props);
  try {
    const connection = await openSource(options.connection, { clock, signal, onRetry: onConnectRetry });
    // As the server spells the database.
    const key = chainKey(addressOf(options.connection), connection.database);
    await connection.close();
    return await withTarget(props, async ({ url }, store) => {
      const lease = await RunLease.acquire(store, `sync of ${key}`, clock, { takeOver: false, folder: chainFolder(key) });
      try {
        const chain = await readChain(store, key);
        if (!chain) throw new LegacyToS3Error('NO_TABLE_MATCHED', `no sync of ${key} has landed in ${url}, so no table follows that could be repaired: sync first`);
        const known = Object.keys(chain.tables).map((each) => JSON.parse(each) as [string, string]);
        const asked = names.map((name) => tableNamed(name, known));
        await writeChain(store, key, withReloads(chain, new Map(asked.map((table) => [linkKey(table), REPAIR]))));
        return asked;
      } finally {
        await lease.release();
      }
    });
  } catch (error) {
    throw toSafeError(error, [options.connection.password]);
  }
}

function tableNamed(name: string, known: readonly (readonly [string, string])[]): RepairedTable {
  const told = known.map(([schema, table]) => `${schema}.${table}`);
  const full = known.filter((_, at) => told[at] === name);
  const found = full.length > 0 ? full : known.filter(([, table]) => table === name);
  if (found.length === 1) return { schema: found[0][0], table: found[0][1] };
  throw new LegacyToS3Error('NO_TABLE_MATCHED', found.length > 1 ? `'${name}' is of several schemas: ${found.map((each) => each.join('.')).join(', ')}; name one of them`
    : `no table '${name}' follows here; ${told.length === 0 ? 'none does' : `those that do: ${told.slice(0, 10).join(', ')}${told.length > 10 ? ', …' : ''}`}`);
}
