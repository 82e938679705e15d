import { watchIdle } from './idle-watchdog';
import { comparableKeys, KeyValues } from './key-values';
import { landRows, objectsOf, typeOptionsOfJob, type ChunkReading } from './land-rows';
import { changeRoleOf, type ChangeMark, type ManifestColumn, type ManifestObject } from '../../../contract';
import { counted } from '../../api/counted';
import { LegacyToS3Error } from '../../api/errors';
import { gap } from '../../changes/changed-table';
import { keyColumns, MOST_HELD_KEYS } from '../../changes/key-equality';
import type { ChangeStatement, ChangeStatements } from '../../changes/table-changes';
import { readRows } from '../../rows';
import { filesInMemory } from '../../rows/objects/files-in-memory';
import type { SqlServerConnection } from '../../source/connection/sql-server-connection';
import type { ReadJob } from '../context/read-job';
import type { RunContext } from '../context/run-context';
import { KeyCodes } from '../landed/key-codes';
import { KeySet, partOf } from '../landed/key-set';
import { asUnreadable, columnsInMemory, landedColumns } from '../landed/landed-columns';
import { textColumns, textsAt, type KeyTexts, type LandedKeyColumn } from '../landed/landed-keys';
import { countOf } from '../tables/table-total';

/** Size at which a file of keys in memory ends. */
const FILE_BYTES = 8 * 1024 * 1024;

/** What was landed of deletes. */
export interface LandedDeletes {
  readonly rows: number;
  readonly wireBytes: number;
  readonly objects: readonly ManifestObject[];
}

/** What deletes are found by. */
export interface DeletesSearch {
  readonly all: NonNullable<ChangeStatements['all']>;
  readonly from: ChangeMark;
  readonly to: ChangeMark;
  /** Landed columns of the key, as the keys of changed rows have them, companions among them. */
  readonly columns: readonly ManifestColumn[];
  /** Objects with the keys of changed rows, which are landed. */
  readonly changed: readonly ManifestObject[];
  /** Field ids of a file of deletes. */
  readonly columnIds?: number[];
  /** Field ids of a file of keys. */
  readonly keyIds?: number[];
}

/**
 * Lands, as deletes, the keys that landed and that the source has no more. In the transaction of the changes all keys of the source are read and
 * compared with those that landed since the table was read whole, deletes taken off. A key is deleted only where the source has none of its code;
 * and what the source has must be what landed, less these, and the changed rows that had not landed.
 *
 * Of keys 17 bytes are held a place, of {@link MOST_HELD_KEYS} at a time: more are compared in parts, and each part reads all keys again.
 *
 * @throws LegacyToS3Error of code CHANGES_GAP where the source has rows that have neither landed nor changed, CONTENT_MISMATCH when the landed
 * keys are not all there, COUNT_MISMATCH, or CHANGES_REFUSED where the source does not give a key back as it landed
 */
export async function landDeletes(
  context: RunContext, connection: SqlServerConnection, job: ReadJob, reading: ChunkReading, search: DeletesSearch,
): Promise<LandedDeletes> {
  const { planned: { landed, landedRows }, table } = job.changes!;
  if (!landed || landedRows === undefined) throw new LegacyToS3Error('INTERNAL', `${job.subject}: the plan does not tell the objects with its landed keys`);
  const parts = Math.max(1, Math.ceil(landedRows / MOST_HELD_KEYS));
  const sums = { rows: 0, source: 0, unlanded: 0, inserted: 0 };
  const objects: ManifestObject[] = [];
  let wireBytes = 0;
  for (let part = 0; part < parts; part++) {
    const compared = new ComparedKeys(context, connection, job, reading, { search, landed: [...landed].reverse(), landedRows, part, parts });
    const { source, unlanded, inserted } = await compared.compare();
    sums.source += source;
    sums.unlanded += unlanded;
    sums.inserted += inserted;
    wireBytes += compared.wireBytes;
    if (compared.gone === 0) continue;
    const deletes = await compared.land(objects.length);
    sums.rows += compared.gone;
    objects.push(...deletes.objects);
    wireBytes += deletes.wireBytes;
  }
  const [row] = await connection.query(search.all.count.sql, `count the rows of ${job.subject}`, search.all.count.parameters);
  const rows = countOf(row?.row_count, job.subject);
  if (rows !== BigInt(sums.source)) throw new LegacyToS3Error('COUNT_MISMATCH', `${job.subject}: ${counted(sums.source, 'key')} came, but the source counts ${rows} rows in the same transaction`);
  if (sums.unlanded !== sums.inserted) {
    throw gap(table, search.from, `${sums.unlanded} rows have not landed, and of these ${sums.inserted} are among the changed ones: ${search.from.way === 'rowversion'
      ? 'rows came without a rowversion of their own, as those of a partition that is switched in do' : 'rows came whose watermark is below what was seen, or behind the overlap'}`);
  }
  return { rows: sums.rows, wireBytes, objects };
}

interface ComparedPart {
  readonly search: DeletesSearch;
  /** Objects with landed rows and deletes, oldest run first. */
  readonly landed: readonly string[];
  readonly landedRows: number;
  readonly part: number;
  readonly parts: number;
}

/** Keys of a part, by their codes. */
class ComparedKeys {
  public wireBytes = 0;
  private readonly keys: KeySet;
  private readonly codes = new KeyCodes();
  /** Names of the columns that tell keys apart. */
  private readonly names: readonly string[];

  public constructor(
    private readonly context: RunContext, private readonly connection: SqlServerConnection, private readonly job: ReadJob,
    private readonly reading: ChunkReading, private readonly given: ComparedPart,
  ) {
    const { landedRows, parts, search: { columns } } = given;
    // Parts are of about one size: a thousandth more of many keys is far off.
    this.keys = new KeySet(parts === 1 ? landedRows : Math.ceil(landedRows / parts * 1.01) + 10_000);
    this.names = keyColumns(columns, job.changes!.table.key.map((name) => job.changes!.table.columns.find((column) => column.name === name)!.landed));
  }

  /** Keys that the source has no more. */
  public get gone(): number {
    return this.keys.landed - this.keys.seen;
  }

  /** @returns keys of the source, those that had not landed, and of these those of changed rows */
  public async compare(): Promise<{ readonly source: number; readonly unlanded: number; readonly inserted: number }> {
    const { keys, job, given: { landed, landedRows, search } } = this;
    let rows = 0;
    for (const key of landed) {
      const isDeletes = changeRoleOf(key) === 'deletes';
      rows += await this.eachLanded(key, (code) => (isDeletes ? keys.remove(code) : keys.add(code)));
    }
    if (rows !== landedRows) throw new LegacyToS3Error('CONTENT_MISMATCH', `${job.subject}: its landed objects have ${rows} rows, the manifests say ${landedRows}`);
    // Before keys are told by those of the source: both are asked of what had landed.
    let inserted = 0;
    for (const { key } of search.changed) await this.eachLanded(key, (code) => { inserted += keys.has(code) ? 0 : 1; });
    let [source, unlanded] = [0, 0];
    await this.eachOfSource(search.all.keys, (code) => {
      source += 1;
      unlanded += keys.see(code) ? 0 : 1;
    });
    return { source, unlanded, inserted };
  }

  /** Lands the keys that are gone, as the source gives them back. @param firstFile number of the first file of deletes that is free */
  public async land(firstFile: number): Promise<Pick<LandedDeletes, 'wireBytes' | 'objects'>> {
    const { context, connection, job, reading: { progress, waits }, given: { search }, gone, keys } = this;
    const values = new GoneKeys(job, search);
    const statements = values.statements(this.goneKeys(values.landed, values.batch));
    const { value: first } = await statements.next() as { readonly value: ChangeStatement };
    const read = await landRows(context, connection, job, { ...first, more: statements, role: 'deletes', columnIds: search.columnIds, firstFile }, progress, waits);
    const objects = comparableKeys(objectsOf(context, job, read, 'deletes', firstFile), read.columns, search.columns);
    // A key that comes back as another one would leave its row, or delete one that is there.
    let same = 0;
    for (const { key } of objects) await this.eachLanded(key, (code) => { same += keys.takeBack(code) ? 1 : 0; });
    if (read.rows !== gone || same !== gone) {
      throw new LegacyToS3Error('CHANGES_REFUSED', `${job.subject}: of ${counted(gone, 'key')} that the source has no more ${same} came back from it as they had landed; `
        + 'let the table be read whole (tableOptions, changes: whole)');
    }
    return { objects, wireBytes: read.wireBytes };
  }

  /** Each key that is gone, once, in batches. */
  private async* goneKeys(columns: readonly LandedKeyColumn[], size: number): AsyncGenerator<KeyTexts[]> {
    const names = textColumns(columns);
    const places = this.names.map((name) => names.indexOf(name));
    let batch: KeyTexts[] = [];
    for (const key of this.given.landed.filter((each) => changeRoleOf(each) !== 'deletes')) {
      for await (const block of landedColumns(this.context.target, key, names)) {
        const own = { ...block, types: places.map((at) => block.types[at]), values: places.map((at) => block.values[at]) };
        for (let row = 0; row < block.rows; row++) {
          try {
            this.codes.read(own, row);
            if (!this.isOfPart() || !this.keys.tell(this.codes.words)) continue;
            batch.push(textsAt(block, names, columns, row));
          } catch (error) {
            throw asUnreadable(key, error);
          }
          if (batch.length < size) continue;
          yield batch;
          batch = [];
        }
      }
    }
    if (batch.length > 0) yield batch;
  }

  private async eachLanded(key: string, take: (code: Uint32Array) => void): Promise<number> {
    let rows = 0;
    for await (const block of landedColumns(this.context.target, key, this.names)) {
      this.context.signal.throwIfAborted();
      rows += block.rows;
      try {
        for (let row = 0; row < block.rows; row++) {
          this.codes.read(block, row);
          if (this.isOfPart()) take(this.codes.words);
        }
      } catch (error) {
        throw asUnreadable(key, error);
      }
    }
    return rows;
  }

  private async eachOfSource({ sql, parameters }: ChangeStatement, take: (code: Uint32Array) => void): Promise<void> {
    const { context: { options, signal, clock }, connection: { tedious: connection }, job, reading: { waits }, names } = this;
    const { subject } = job;
    const decode = async (bytes: Buffer) => {
      for await (const block of columnsInMemory(bytes, names)) {
        for (let row = 0; row < block.rows; row++) {
          this.codes.read(block, row);
          if (this.isOfPart()) take(this.codes.words);
        }
      }
    };
    const watched = { connection, clock, idleMs: options.idleTimeoutMs, subject, waitsForTarget: () => waits.isForTarget };
    const { wireBytes } = await watchIdle(watched, async () => readRows({
      connection,
      sql,
      parameters,
      subject,
      format: { ...options.format, name: 'parquet', compression: 'none' } as typeof options.format,
      typeOptions: typeOptionsOfJob(options, job, 'keys'),
      keyColumns: job.keyColumns,
      columnIds: this.given.search.keyIds,
      targetFileBytes: FILE_BYTES,
      open: filesInMemory(async ({ bytes }) => waits.forTarget(decode(bytes))),
      signal,
    }));
    this.wireBytes += wireBytes;
  }

  private isOfPart(): boolean {
    const { part, parts } = this.given;
    return partOf(this.codes.words, parts) === part;
  }
}

/** Keys that are gone, sent to the source and selected as a file of deletes has them. */
class GoneKeys extends KeyValues {
  /** The columns, and what is beside them. */
  public readonly landed: readonly LandedKeyColumn[];

  public constructor(private readonly job: ReadJob, private readonly search: DeletesSearch) {
    super(job);
    const beside = (landed: string, suffix: string) => search.columns.find(({ name }) => name === `${landed}__${suffix}`)?.name;
    this.landed = this.columns.map((column) => ({
      ...column,
      outputType: search.columns.find(({ name }) => name === column.landed)?.outputType,
      ticks: beside(column.landed, '100ns'),
      offsetMinutes: beside(column.landed, 'offset_minutes'),
    }));
  }

  public async* statements(batches: AsyncIterable<readonly KeyTexts[]>): AsyncGenerator<ChangeStatement> {
    const { job, search: { from, to } } = this;
    const list = this.columns.map((_, at) => this.selected(at));
    // When a row was deleted is not known: that of the mark up to which it was.
    const version = to.way === 'watermark' ? to.value ?? from.value ?? '' : to.order;
    const own = ["CONVERT(nchar(1), 'D') AS [__op]", 'CONVERT(nvarchar(41), @version) AS [__version]', 'CONVERT(datetime2(3), NULL) AS [__committed_at]'];
    for await (const keys of batches) {
      yield {
        sql: `SELECT ${[...list, ...own].join(', ')} FROM ${this.table(keys, false)}${job.changes!.table.hint}`,
        parameters: [{ name: 'version', type: 'NVarChar', value: version, length: 41 }, ...this.parameters(keys)],
      };
    }
  }
}
