import { compareRows, type RowComparison } from './compare-rows';
import { batchesInMemory, keyedRows } from './keyed-rows';
import { CATALOG_PARAMETERS, DELETED_AT_FIELD_ID, TABLE_PROPERTIES, type ManifestColumn } from '../../../contract';
import { openCurrentSource, type CurrentSource, type SourceRows } from '../../../extractor/doors/landed-tables';
import { LegacyToS3Error, type ConnectRetryEvent, type ExtractorProps } from '../../../extractor/doors/public';
import { appliedMark, appliedRun } from '../../../iceberg/commit/changes/chain';
import { Deletes } from '../../../iceberg/rows/deleted-rows';
import { readLiveBatches, scanOf, type RowBatch } from '../../../iceberg/rows/read-rows';
import type { ScanPlan } from '../../../iceberg/rows/scan-plan';
import type { Field } from '../../../iceberg/spec/schema';
import { currentSnapshot, type TableMetadata } from '../../../iceberg/spec/table-metadata';
import { telling } from '../errors';
import { openTables, type OpenTable } from '../list-tables';
import { inPlace, type TablesPlace, type TablesSource } from '../place';

/** What reading a table will cost, told before. */
export interface ComparisonCost {
  readonly name: string;
  /** Data and delete files of the snapshot. */
  readonly landedRows: number;
  readonly landedFiles: number;
  readonly landedBytes: number;
  /** About. */
  readonly sourceRows: number;
  readonly sourceBytes: number;
  /** That the source is sent; the one that reads all rows is sent once more where something differs, and all landed files are read once more. */
  readonly statements: number;
}

/** What became of a table. */
export type CurrentTable =
  | RowComparison & {
    readonly name: string;
    /** UNDECIDED where what differs may have changed since the mark, by a way that does not tell it. */
    readonly state: 'EQUAL' | 'DIFFERENT' | 'UNDECIDED';
    /** Why it is UNDECIDED. */
    readonly why?: string;
    /** Order of the mark that the landed table is as of, and of what the source showed; of a table read whole the run, and the source's clock. */
    readonly mark: string;
    readonly sourceMark: string;
    /** Keys that changed between the two: they are not in step yet, and are left out on both sides. */
    readonly changedKeys: number;
    /** Columns that could not be compared, since the source does not repeat their values. */
    readonly notCompared: readonly string[];
  }
  | { readonly name: string; readonly state: 'NOT_COMPARED'; readonly code: string; readonly why: string }
  /** It would be compared. */
  | { readonly name: string; readonly state: 'PLANNED' };

export interface VerifyCurrentOptions {
  /** Differing keys that are listed of each table. */
  readonly most: number;
  /** Tells what it costs, and reads no row. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
  readonly onCost?: (cost: ComparisonCost) => void;
  readonly onConnectRetry?: (event: ConnectRetryEvent) => void;
  /** How long a capture process that lags behind is waited for (milliseconds). @default 420000 */
  readonly captureWaitMs?: number;
}

/** Keys that changed since the mark, that are held: a table with more is to be synced first. */
const MOST_CHANGED_KEYS = 1_000_000;
/** Position, lineage, valid versions twice, changed keys, deleted ones, columns, all rows; options of the session and the transaction. */
const STATEMENTS = 10;
/** Why a table cannot be compared now, and the others can. */
const OWN_CODES: ReadonlySet<string> = new Set(['CHANGES_GAP', 'CHANGES_REFUSED', 'SCHEMA_CHANGED', 'NO_TABLE_MATCHED', 'SOURCE_PERMISSION_DENIED']);

/**
 * Compares the rows that landed tables show now with those of the source, in one SNAPSHOT transaction a table: all values but those of keys that
 * changed since the mark which the table is as of.
 *
 * @param names of landed tables, or `schema.table` of the source; all where there is none
 * @throws LegacyToS3Error of code TARGET_NOT_FOUND for a name that is none
 */
export async function verifyCurrent(
  source: TablesSource, names: readonly string[], props: ExtractorProps, options: VerifyCurrentOptions,
): Promise<CurrentTable[]> {
  return inPlace(source, async (place) => telling(place, `compare the landed tables of ${place.told} with the source`, async () => {
    const tables = chosen(await openTables(place), names, place);
    const opened = await openCurrentSource(props, options);
    const results: CurrentTable[] = [];
    for (const table of tables) {
      try {
        results.push(await new TableComparison(place, opened, table, options).run());
      } catch (error) {
        const { code, message } = error as LegacyToS3Error;
        if (!(error instanceof LegacyToS3Error) || !OWN_CODES.has(code)) throw error;
        results.push({ name: table.name, state: 'NOT_COMPARED', code, why: message });
      }
    }
    return results;
  }));
}

function chosen(all: readonly OpenTable[], names: readonly string[], { told }: TablesPlace): OpenTable[] {
  // Histories are of changes, and what an older generation has is no longer the source's.
  const tables = all.filter(({ newest, metadata }) => newest && metadata.properties?.[CATALOG_PARAMETERS.kind] !== 'history');
  const isNamed = ({ name, dataset }: OpenTable, by: string) => name === by || dataset.split('/').slice(1).join('.') === by;
  const missing = names.find((name) => !tables.some((table) => isNamed(table, name)));
  if (missing !== undefined) {
    throw new LegacyToS3Error('TARGET_NOT_FOUND', `${told} has no landed table '${missing}' that shows newest rows; it has ${tables.slice(0, 10).map(({ name }) => name).join(', ') || 'none'}`);
  }
  return names.length === 0 ? tables : tables.filter((table) => names.some((name) => isNamed(table, name)));
}

/** One table that is compared. */
class TableComparison {
  private readonly metadata: TableMetadata;

  public constructor(
    private readonly place: TablesPlace, private readonly source: CurrentSource, private readonly table: OpenTable,
    private readonly options: VerifyCurrentOptions,
  ) {
    this.metadata = table.metadata;
  }

  public async run(): Promise<CurrentTable> {
    const { name, dataset } = this.table;
    const { way } = this.source.table(dataset);
    const mark = this.markOf(way === 'whole');
    const plan = await scanOf(this.place.workplace.files, this.metadata);
    this.options.onCost?.(this.costOf(plan));
    if (this.options.dryRun) return { name, state: 'PLANNED' };
    return this.source.read(dataset, mark, async (rows) => {
      const changed = await this.changedKeys(rows, plan);
      if (changed.size > 0 && !rows.tellsSpellings) {
        throw new LegacyToS3Error('CHANGES_REFUSED', `'${name}' cannot be compared now: ${changed.size} keys changed since its mark, and the source holds spellings of them equal `
          + 'that land as others, so that their landed rows cannot be told: sync, and compare while nothing writes');
      }
      const shape = await this.shapeOf(rows, plan);
      const { fields, notCompared } = shape;
      const deletes = await Deletes.read(this.place.workplace.files, plan);
      const compared = await compareRows({
        ...shape,
        changed,
        source: async (take) => rows.rows(async (file) => this.eachBatch(batchesInMemory(file, plan, fields), take)),
        // What the source deleted and the table keeps is not among them.
        landed: async (take) => this.eachBatch(readLiveBatches(this.place.workplace.files, plan, { fields, deletes }), take),
        check: async () => rows.check(),
      }, this.options.most);
      const seen = { mark: mark?.order ?? appliedRun(this.metadata), sourceMark: rows.shows, changedKeys: changed.size, notCompared };
      return { name, ...stateOf(compared, rows.tells), ...seen, ...compared };
    });
  }

  /**
   * @param isWhole whether it is read whole each time, and needs none
   * @throws LegacyToS3Error of code CHANGES_REFUSED where it is of no mark
   */
  private markOf(isWhole: boolean) {
    const { name } = this.table;
    const mark = appliedMark(this.metadata);
    if (!mark && !isWhole) {
      throw new LegacyToS3Error('CHANGES_REFUSED', `'${name}' cannot be compared now: it is of no mark (its run read it whole, and no changes can follow), so that nothing tells what changed since`);
    }
    const applied = Number(this.metadata.properties?.[TABLE_PROPERTIES.appliedSequence] ?? 0);
    if ((currentSnapshot(this.metadata)?.['sequence-number'] ?? 0) < applied) {
      throw new LegacyToS3Error('CHANGES_REFUSED', `'${name}' cannot be compared now: it was rolled back, and does not show what it is told to be as of`);
    }
    return mark;
  }

  private costOf({ files, deleteFiles }: ScanPlan): ComparisonCost {
    const { rows, sizeBytes } = this.source.table(this.table.dataset);
    const all = [...files, ...deleteFiles];
    return {
      name: this.table.name,
      landedRows: files.reduce((sum, { file }) => sum + file.recordCount, 0),
      landedFiles: all.length,
      landedBytes: all.reduce((sum, { file }) => sum + file.fileSizeBytes, 0),
      sourceRows: rows,
      sourceBytes: sizeBytes,
      statements: STATEMENTS,
    };
  }

  private async changedKeys(rows: SourceRows, plan: ScanPlan): Promise<Set<string>> {
    const changed = new Set<string>();
    await rows.changedKeys(async (file) => {
      const keys = idsNamed(file.columns, rows.keyColumns(file.columns));
      const fields = this.fieldsOf(plan, keys);
      await this.eachBatch(batchesInMemory(file, plan, fields), (batch) => {
        for (const { key } of keyedRows(batch, keys)) changed.add(key);
      });
      if (changed.size > MOST_CHANGED_KEYS) {
        throw new LegacyToS3Error('CHANGES_REFUSED', `'${this.table.name}' cannot be compared now: more than ${MOST_CHANGED_KEYS} keys changed since its mark; sync it first`);
      }
    });
    return changed;
  }

  /** Columns of the comparison. @throws LegacyToS3Error of code SCHEMA_CHANGED where the table has others than the source would land */
  private async shapeOf(rows: SourceRows, plan: ScanPlan) {
    const columns = await rows.columns();
    const ids = columns.map(({ fieldId }) => fieldId);
    const landed = plan.fields.filter(({ id }) => id !== DELETED_AT_FIELD_ID);
    const extra = landed.filter(({ id }) => !ids.includes(id)).map(({ name }) => name);
    const lacking = columns.filter(({ fieldId }) => !plan.fields.some(({ id }) => id === fieldId)).map(({ name }) => name);
    if (extra.length + lacking.length > 0) {
      throw new LegacyToS3Error('SCHEMA_CHANGED', `'${this.table.name}' cannot be compared now: ${[
        ...(lacking.length > 0 ? [`it has no ${lacking.join(', ')}, which would land now`] : []), ...(extra.length > 0 ? [`it has ${extra.join(', ')}, which would not`] : []),
      ].join('; ')}: sync it first, or pass the options of its sync`);
    }
    const places = new Set(columns.filter(({ name }) => rows.notCompared.includes(name)).map(({ ordinal }) => ordinal));
    const left = new Set(columns.filter(({ ordinal }) => places.has(ordinal)).map(({ fieldId }) => fieldId));
    const keys = idsNamed(columns, rows.keyColumns(columns));
    return { fields: landed.filter(({ id }) => !left.has(id)), keys, notCompared: [...rows.notCompared] };
  }

  private fieldsOf({ fields }: ScanPlan, ids: readonly number[]): Field[] {
    return ids.map((id) => {
      const field = fields.find((each) => each.id === id);
      if (!field) throw new LegacyToS3Error('SCHEMA_CHANGED', `'${this.table.name}' cannot be compared now: it has no column of field id ${id}, which is of the source's key; sync it first`);
      return field;
    });
  }

  private async eachBatch(batches: AsyncGenerator<RowBatch>, take: (batch: RowBatch) => void): Promise<void> {
    for await (const batch of batches) {
      this.options.signal?.throwIfAborted();
      take(batch);
    }
  }
}

/** What is told is decided by what the source tells of changes: a row that it may have changed since is no proof that what landed is wrong. */
function stateOf({ isWhole, differing, extra }: RowComparison, tells: SourceRows['tells']): { readonly state: 'EQUAL' | 'DIFFERENT' | 'UNDECIDED'; readonly why?: string } {
  if (isWhole && differing === 0) return { state: 'EQUAL' };
  if (tells === 'nothing') return { state: 'UNDECIDED', why: 'nothing tells what changed since the run that read it whole: compare after the next one, while nothing writes' };
  if (tells === 'rows' && differing === extra) return { state: 'UNDECIDED', why: 'of keys that the source has no more nothing tells whether they were deleted since' };
  return { state: 'DIFFERENT' };
}

function idsNamed(columns: readonly ManifestColumn[], names: readonly string[]): number[] {
  return names.map((name) => columns.find((column) => column.name === name)!.fieldId!);
}

