import { comparableKeys, KeyValues } from './key-values';
import { landRows, objectsOf, type ChunkReading } from './land-rows';
import type { ManifestColumn, ManifestObject } from '../../../contract';
import { LegacyToS3Error } from '../../api/errors';
import type { ChangeStatement } from '../../changes/table-changes';
import { KEY_TEXT_LENGTH } from '../../plan/key-types';
import { quoteName } from '../../source/catalog/identifiers';
import type { SqlServerConnection } from '../../source/connection/sql-server-connection';
import type { ReadJob } from '../context/read-job';
import type { RunContext } from '../context/run-context';
import { readLandedKeys, type KeyTexts } from '../landed/landed-keys';
import { countOf } from '../tables/table-total';

/** What was landed of spellings of changed keys. */
export interface LandedSpellings {
  readonly rows: number;
  readonly wireBytes: number;
  readonly objects: readonly ManifestObject[];
}

/**
 * Lands, as keys, every landed spelling that the source holds equal to a changed or deleted key: of the keys of all rows that landed since the
 * table was read whole, those that it finds among the changed ones, by its own `=` in the types and collations of the columns. A spelling too
 * many does no harm: of a changed key no earlier row stays.
 *
 * @param changed the changed keys, as `ct`
 * @param firstFile number of the first file of keys that is free; columns as the keys of changed rows have them
 * @throws LegacyToS3Error of code CONTENT_MISMATCH when the landed keys are not all there, CHANGES_REFUSED when the source cannot be asked about one
 */
export async function landSpellings(
  context: RunContext, connection: SqlServerConnection, job: ReadJob, { progress, waits }: ChunkReading,
  { changed, firstFile, columns, columnIds }: {
    readonly changed: ChangeStatement; readonly firstFile: number; readonly columns: readonly ManifestColumn[]; readonly columnIds?: number[];
  },
): Promise<LandedSpellings> {
  const { planned: { landed, landedRows } } = job.changes!;
  if (!landed || landedRows === undefined) throw new LegacyToS3Error('INTERNAL', `${job.subject}: the plan does not tell the objects with its landed keys`);
  const keys = new LandedKeys(connection, job, changed);
  const found = new Map<string, KeyTexts>();
  let rows = 0;
  for await (const batch of readLandedKeys(context.target, landed, keys.columns, keys.batch)) {
    context.signal.throwIfAborted();
    rows += batch.length;
    for (const key of await keys.changedAmong(batch)) found.set(JSON.stringify(key), key);
  }
  if (rows !== landedRows) throw new LegacyToS3Error('CONTENT_MISMATCH', `${job.subject}: its landed objects have ${rows} rows, the manifests say ${landedRows}`);
  const spellings = [...found.values()];
  const objects: ManifestObject[] = [];
  let wireBytes = 0;
  for (let at = 0; at < spellings.length; at += keys.batch) {
    const statement = keys.selection(spellings.slice(at, at + keys.batch));
    const file = firstFile + objects.length;
    const read = await landRows(context, connection, job, { ...statement, role: 'keys', columnIds, firstFile: file }, progress, waits);
    objects.push(...comparableKeys(objectsOf(context, job, read, 'keys', file), read.columns, columns));
    wireBytes += read.wireBytes;
  }
  return { rows: spellings.length, wireBytes, objects };
}

class LandedKeys extends KeyValues {
  public constructor(private readonly connection: SqlServerConnection, private readonly job: ReadJob, private readonly changed: ChangeStatement) {
    super(job);
  }

  /** Those that the source holds equal to a changed key. */
  public async changedAmong(keys: readonly KeyTexts[]): Promise<KeyTexts[]> {
    const { hint } = this.job.changes!.table;
    await this.refuseAltered(keys);
    const equal = this.columns.map(({ name }, at) => `ct.${quoteName(name)} = ${this.value(at)}`).join(' AND ');
    const sql = `SELECT v.[n] FROM ${this.table(keys, true)} JOIN ${this.changed.sql} ON ${equal}${hint}`;
    const rows = await this.connection.query(sql, `look for landed keys of ${this.job.subject} that changed`, [...this.changed.parameters, ...this.parameters(keys)]);
    return rows.map(({ n }) => keys[Number(n)]);
  }

  /** Reads keys as the source would give them. */
  public selection(keys: readonly KeyTexts[]): ChangeStatement {
    const { hint } = this.job.changes!.table;
    const list = this.columns.map((_, at) => this.selected(at)).join(', ');
    return { sql: `SELECT ${list} FROM ${this.table(keys, false)}${hint}`, parameters: this.parameters(keys) };
  }

  /** A character that a code page has not would become another one, and the key that has it be missed. */
  private async refuseAltered(keys: readonly KeyTexts[]): Promise<void> {
    const narrow = this.planned.flatMap(({ type }, at) => (/^(var)?char\b/.test(type) ? [at] : []));
    if (narrow.length === 0) return;
    const exact = 'COLLATE Latin1_General_BIN2';
    const altered = narrow.map((at) => `CONVERT(nvarchar(${KEY_TEXT_LENGTH}), ${this.value(at)}) ${exact} <> v.[c${at}] ${exact}`).join(' OR ');
    const sql = `SELECT COUNT_BIG(*) AS altered FROM ${this.table(keys, false)} WHERE ${altered}`;
    const [row] = await this.connection.query(sql, `look whether keys of ${this.job.subject} are kept`, this.parameters(keys));
    if (countOf(row?.altered, this.job.subject) === 0n) return;
    throw new LegacyToS3Error('CHANGES_REFUSED', `${this.job.subject}: landed keys of it have characters that the source does not take back as they are, so that those equal to `
      + 'changed ones are not told; let the table be read whole (tableOptions, changes: whole)');
  }
}
