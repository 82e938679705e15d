import { CHANGE_COLUMNS, type ManifestColumn, type ManifestObject } from '../../../contract';
import type { PlannedColumn } from '../../api/extraction-plan';
import { keyOf } from '../../changes/changed-table';
import { KEY_TEXT_LENGTH, keyType } from '../../plan/key-types';
import type { QueryParameter } from '../../rows/objects/read-rows';
import { quoteName } from '../../source/catalog/identifiers';
import type { ReadJob } from '../context/read-job';
import type { KeyTexts } from '../landed/landed-keys';

/** A request has at most 2,100 parameters ("Maximum capacity specifications for SQL Server"), those of the statement among them. */
const MOST_PARAMETERS = 2_000;
/** Rows of one VALUES. */
const MOST_ROWS = 1_000;

/** Types whose values have no length on the wire where they cannot be NULL. */
const FIXED_TYPES = /^(bit|tinyint|smallint|int|bigint|money|smallmoney|datetime|smalldatetime)$/;

/**
 * Hashes of objects with keys are of rows whose values come with the lengths that the columns of the table have. Where the source gives others,
 * no hash can be compared later, and there is none; what it checks of rows stays.
 */
export function comparableKeys(
  objects: readonly ManifestObject[], read: readonly ManifestColumn[], columns: readonly ManifestColumn[],
): ManifestObject[] {
  const isAlike = read.every(({ name, framing }) => (
    isChangeName(name) || columns.some((column) => column.name === name && column.framing === framing)));
  return isAlike ? [...objects] : objects.map(({ contentHash: _, ...object }) => object);
}

function isChangeName(name: string): boolean {
  return (CHANGE_COLUMNS as readonly string[]).includes(name);
}

/** Keys of a table as values that a statement sends to the source: as texts, which it converts to the types of the columns. */
export class KeyValues {
  /** Of the key, in its order. */
  public readonly columns: ReadonlyArray<{ readonly name: string; readonly landed: string; readonly type: string }>;
  /** Keys that one statement takes. */
  public readonly batch: number;
  public readonly planned: readonly PlannedColumn[];

  public constructor(job: ReadJob) {
    const { columns } = job.planned!;
    const key = keyOf(job.changes!.table);
    this.planned = key.map(({ name }) => columns.find((column) => column.name === name)!);
    this.columns = key.map(({ name, landed }, at) => ({ name, landed, type: this.planned[at].type }));
    this.batch = Math.min(MOST_ROWS, Math.floor(MOST_PARAMETERS / key.length));
  }

  /** A column's value of a row of {@link table}. */
  public value(at: number): string {
    return keyType(this.planned[at])!.fromText(`v.[c${at}]`);
  }

  /**
   * A column's value as it is selected: never NULL, as the column is. What may be NULL comes with a length, which is hashed too, and the rows'
   * hash would be another one ("TYPE_INFO", INTNTYPE).
   */
  public selected(at: number): string {
    const { landed } = this.columns[at];
    const value = FIXED_TYPES.test(this.planned[at].type) ? `ISNULL(${this.value(at)}, 0)` : this.value(at);
    return `${value} AS ${quoteName(landed)}`;
  }

  /** The keys as table `v`. @param numbered whether each has its number, as `n` */
  public table(keys: readonly KeyTexts[], numbered: boolean): string {
    const rows = keys.map((key, n) => `(${[...(numbered ? [n] : []), ...key.map((_, at) => `@k${n}_${at}`)].join(', ')})`);
    return `(VALUES ${rows.join(', ')}) AS v (${[...(numbered ? ['[n]'] : []), ...keys[0].map((_, at) => `[c${at}]`)].join(', ')})`;
  }

  /** What {@link table} has. */
  public parameters(keys: readonly KeyTexts[]): QueryParameter[] {
    return keys.flatMap((key, n) => key.map((value, at): QueryParameter => ({ name: `k${n}_${at}`, type: 'NVarChar', value, length: KEY_TEXT_LENGTH })));
  }
}
