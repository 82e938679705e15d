import { TableServices, TableTask } from './table-task';
import { compactionEvent, CompactionItem, CompactionSettings, HANDLER_ENV } from '../../contract';
import { CommitOutcome } from '../../iceberg/commit/commit-run';
import { Foldable, foldableOf } from '../../iceberg/commit/compact/foldable';
import { metadataAt } from '../../iceberg/commit/workplace';
import { HandlerError } from '../shared/errors';

/**
 * When tables are compacted, as the environment says; undefined: never.
 *
 * @throws HandlerError INVALID_CONFIG when it says what is not known here
 */
export function compactionSettings(text = process.env[HANDLER_ENV.compaction]): CompactionSettings | undefined {
  if (!text) return undefined;
  try {
    const settings = JSON.parse(text) as CompactionSettings;
    if (typeof settings.functionName === 'string') return settings;
  } catch {
    // Told below.
  }
  throw new HandlerError('INVALID_CONFIG', `expected ${HANDLER_ENV.compaction} to be JSON with a functionName, got ${text.slice(0, 200)}`);
}

/**
 * Has a table compacted that is due after changes were applied to it: by what its metadata tells, and, where that says so, unless somebody
 * is at it or was not long ago. The run is applied whatever becomes of this: what could not be started is told, and the next run starts it.
 */
export async function startCompaction(
  services: TableServices, { run: { bucket } }: TableTask, { name, metadataLocation }: CommitOutcome,
): Promise<void> {
  const { compaction, workplaceOf, items, telemetry } = services;
  if (!compaction || metadataLocation === undefined) return;
  const { functionName, ...settings } = compaction.settings;
  try {
    const now = Date.now();
    if (!isDue(settings, foldableOf(await metadataAt(workplaceOf(bucket), metadataLocation)), now)) return;
    if (isHeldOrRests(await items.compaction(name), new Date(now).toISOString())) return;
    await compaction.invoke(compactionEvent({ bucket, tableName: name, ...settings }));
    telemetry.info('a table is to be compacted', { tableName: name, functionName });
  } catch (error) {
    telemetry.failure(`the compaction of '${name}' could not be started; the next run of changes tries again`, error as Error);
  }
}

/** Whether a table is to be compacted by what there is to fold. */
export function isDue(
  { whenDeletes, atMostEverySeconds = 0 }: Omit<CompactionSettings, 'functionName'>, { deleteFiles, isChanged, wholeAt }: Foldable, now: number,
): boolean {
  if (!isChanged || (whenDeletes !== undefined && deleteFiles < whenDeletes)) return false;
  return wholeAt === undefined || now >= wholeAt + atMostEverySeconds * 1000;
}

function isHeldOrRests(item: CompactionItem | undefined, now: string): boolean {
  return item !== undefined && ((item.owner !== undefined && (item.heldUntil ?? '') > now) || (item.notBefore ?? '') > now);
}
