import { DeletedKeys, keysOf, readDeletedKeys, setOf } from './delete-keys';
import { EqualityDeletes, mappedIds, POSITION_DELETE_FIELDS, ScannedFile, ScanPlan } from './scan-plan';
import { openFile } from './table-columns';
import { forEachAtOnce } from '../files/at-once';
import { canonicalUri, TableFiles } from '../files/table-files';
import { IcebergError } from '../spec/errors';
import { Field } from '../spec/schema';

/** A data file and which of its rows are deleted. */
export interface DeletedRows {
  readonly scanned: ScannedFile;
  /** Positions of deleted rows, from 0, ascending. */
  readonly positions: Uint32Array;
}

/** Position delete files read at the same time. */
const FILES_AT_ONCE = 8;

/** Rows that a file may have here: positions have 32 bits. */
const MAX_ROWS = 2 ** 32;

/** The delete files of a plan, read: keys and positions are in memory, rows are not. */
export class Deletes {
  /** @throws IcebergError TABLE_UNREADABLE */
  public static async read(files: TableFiles, plan: ScanPlan): Promise<Deletes> {
    const equality = new Map<string, EqualityDeletes>();
    for (const { equalityDeletes } of plan.files) for (const each of equalityDeletes) equality.set(each.file.filePath, each);
    const mapped = mappedIds(plan.metadata);
    return new Deletes(files, mapped, await readDeletedKeys(files, [...equality.values()], mapped), await readPositions(files, plan, mapped));
  }

  private constructor(
    private readonly files: TableFiles, private readonly mapped: ReadonlyMap<string, number>,
    private readonly keys: readonly DeletedKeys[], private readonly positions: ReadonlyMap<string, Set<number>>,
  ) {}

  /** Finds the deleted rows of a file: its key columns alone are read, and none where no equality delete may touch it. */
  public async of(scanned: ScannedFile): Promise<DeletedRows> {
    const { file, sequence, equalityDeletes } = scanned;
    if (file.recordCount > MAX_ROWS) throw new IcebergError('TABLE_UNREADABLE', `'${file.filePath}' has ${file.recordCount} rows; ${MAX_ROWS} are read at most`);
    const deleted = new Set(this.positions.get(canonicalUri(file.filePath)));
    for (const position of deleted) {
      if (position >= file.recordCount) throw new IcebergError('TABLE_UNREADABLE', `row ${position} of '${file.filePath}' is deleted, which has ${file.recordCount} rows`);
    }
    if (equalityDeletes.length > 0) await this.addByKeys(scanned, deleted, sequence);
    return { scanned, positions: Uint32Array.from(deleted).sort() };
  }

  private async addByKeys({ file, equalityDeletes }: ScannedFile, deleted: Set<number>, sequence: bigint): Promise<void> {
    const sets = new Set(equalityDeletes.map(({ fields }) => setOf(fields)));
    const keys = this.keys.filter(({ fields }) => sets.has(setOf(fields)));
    const fields = [...new Map(keys.flatMap((each) => each.fields).map((field) => [field.id, field])).values()];
    const { parquet, group } = await openFile(this.files, file, fields.map(nullable), this.mapped);
    let first = 0;
    for (const [at, rows] of parquet.groups.entries()) {
      const columns = await group(at);
      for (const each of keys) {
        const key = keysOf(each.fields.map(({ id }) => columns.find(({ field }) => field.id === id)!));
        for (let row = 0; row < rows; row++) if (each.deletes(key(row), sequence)) deleted.add(first + row);
      }
      first += rows;
    }
  }
}

/** A file from before a column was there has NULL in it. */
function nullable(field: Field): Field {
  return { ...field, required: false };
}

/** Deleted positions by file, of those position deletes whose sequence number lets them touch it. */
async function readPositions(files: TableFiles, plan: ScanPlan, mapped: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, Set<number>>> {
  const touched = new Map<string, { readonly sequence: bigint; readonly positions: Set<number> }>();
  const deletes = new Map<string, ScanPlan['deleteFiles'][number]>();
  for (const { file, sequence, positionDeletes } of plan.files) {
    if (positionDeletes.length === 0) continue;
    touched.set(canonicalUri(file.filePath), { sequence, positions: new Set() });
    for (const each of positionDeletes) deletes.set(each.file.filePath, each);
  }
  const { path, position } = POSITION_DELETE_FIELDS;
  await forEachAtOnce([...deletes.values()], async ({ file, sequence }) => {
    const { parquet, group } = await openFile(files, file, [path, position], mapped);
    for (const [at, rows] of parquet.groups.entries()) {
      const [paths, positions] = await group(at);
      for (let row = 0; row < rows; row++) {
        const of = touched.get(canonicalUri(String(paths.to!(paths.values![row]))));
        if (of && of.sequence <= sequence) of.positions.add(Number(positions.values![row]));
      }
    }
  }, FILES_AT_ONCE);
  return new Map([...touched].map(([uri, { positions }]) => [uri, positions]));
}
