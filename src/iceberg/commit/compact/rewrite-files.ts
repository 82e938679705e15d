import { Compacting, CompactionPlan, isHit, TARGET_BYTES } from './compact-files';
import { RangeFiles } from '../../files/table-files';
import { DeletedRows } from '../../rows/deleted-rows';
import { ownFile } from '../../rows/own-files';
import { mappedIds } from '../../rows/scan-plan';
import { openPages } from '../../rows/stored/column-pages';
import { GROUP_BYTES, StoredRows } from '../../rows/stored/file-writer';
import { keptRows, rowsAtOnce } from '../../rows/stored/page';
import { RowSums } from '../../rows/stored/row-sums';
import { dataFile, DataFile } from '../../spec/data-file';
import { IcebergError } from '../../spec/errors';
import { readFooter } from '../../spec/parquet-footer';
import { Field } from '../../spec/schema';
import { currentSchema, TableMetadata } from '../../spec/table-metadata';
import { Workplace } from '../workplace';

/** Rows that were written anew. */
export interface WrittenRows {
  /** Files whose rows they are: the first of those chosen. */
  readonly done: readonly DeletedRows[];
  readonly added: readonly DataFile[];
  readonly rows: number;
  /** Absent where nothing was to be written. */
  readonly content?: string;
}

/** Part of the target from which a file ends where one that was read does: so files keep to their parts of the table. */
const END_WITH_FILE = 1 / 4;

/** How much larger than what was read new files are expected to be at most; memory is taken as their bytes come. */
const SLACK = 1.5;

/** Bytes that are read back at a time. */
const READ_BYTES = 8 * 1024 * 1024;

/**
 * Writes the rows of the plan's files anew, but for deleted ones. Each new file is read back from where it was written and compared byte
 * by byte, and what a reader makes of these bytes with what was read, by sums of both. In memory are one new file and one page of each
 * column.
 *
 * @throws IcebergError CONTENT_DIFFERS; what was written is deleted then
 */
export async function writeRowsAnew(
  workplace: Pick<Workplace, 'files'>, metadata: TableMetadata, plan: CompactionPlan, attempt: string, compacting: Compacting,
): Promise<WrittenRows> {
  if (plan.chosen.length === 0) return { done: [], added: [], rows: 0 };
  const { files } = workplace;
  const rewrite = new Rewrite(workplace, metadata, attempt, compacting.targetBytes ?? TARGET_BYTES);
  try {
    const done = await rewrite.files(plan.chosen, compacting.deadline ?? (() => false));
    const { before, after } = rewrite;
    if (String(after) !== String(before)) {
      throw new IcebergError('CONTENT_DIFFERS', `rows that were written anew are not those that were read: ${before} before, ${after} after; nothing was committed`);
    }
    return { done, added: rewrite.added, rows: after.rows, content: String(after) };
  } catch (error) {
    await files.delete(rewrite.written);
    throw error;
  }
}

/** Whether the next compaction has less to do: deletes are folded, or of two small files one is made. */
function isProgress(done: readonly DeletedRows[]): boolean {
  return done.some(isHit) || done.length > 1;
}

/** Rows on their way into new files. */
class Rewrite {
  /** Of what was read, and of what the new files have. */
  public readonly before = new RowSums();
  public readonly after = new RowSums();
  public readonly added: DataFile[] = [];
  /** URIs of what was written, whether it was compared or not. */
  public readonly written: string[] = [];
  private readonly fields: readonly Field[];
  private readonly mapped: ReadonlyMap<string, number>;
  private rows: StoredRows | undefined;

  public constructor(
    private readonly workplace: Pick<Workplace, 'files'>, private readonly metadata: TableMetadata, private readonly attempt: string,
    private readonly targetBytes: number,
  ) {
    ({ fields: this.fields } = currentSchema(metadata)!);
    this.mapped = mappedIds(metadata);
  }

  /** @returns those that were done before the deadline */
  public async files(chosen: readonly DeletedRows[], deadline: () => boolean): Promise<DeletedRows[]> {
    const done: DeletedRows[] = [];
    let left = chosen.reduce((sum, { scanned }) => sum + scanned.file.fileSizeBytes, 0);
    for (const each of chosen) {
      await this.file(each, left * SLACK);
      left -= each.scanned.file.fileSizeBytes;
      done.push(each);
      if (this.rows && this.rows.sizeBytes >= this.targetBytes * END_WITH_FILE) await this.finish();
      if (isProgress(done) && deadline()) break;
    }
    await this.finish();
    return done;
  }

  /** @param expected bytes of all that is still to be written, at most */
  private async file({ scanned, positions: deleted }: DeletedRows, expected: number): Promise<void> {
    const pages = await openPages(this.workplace.files, scanned.file, this.fields, this.mapped);
    let [first, next] = [0, 0];
    for (const [group, rows] of pages.groups.entries()) {
      const kept = new Uint32Array(rows);
      let count = 0;
      for (let row = 0; row < rows; row++) {
        if (deleted[next] === first + row) next += 1;
        else kept[count++] = row;
      }
      first += rows;
      if (count === 0) continue;
      const into = this.rows ??= new StoredRows(this.fields, Math.min(expected, this.targetBytes + GROUP_BYTES));
      this.before.begin(count);
      for await (const column of pages.group(group)) {
        let row = 0;
        let to = 0;
        for (const page of column.pages) {
          const from = to;
          to = firstFrom(kept.subarray(0, count), row + page.rows);
          const many = rowsAtOnce(page);
          for (let at = from; at < to; at += many) {
            const rest = keptRows(page, kept.subarray(at, Math.min(to, at + many)), row);
            this.before.add(rest, at);
            into.add(column.at, rest);
          }
          row += page.rows;
        }
      }
      this.before.end();
      into.endRows(count);
      if (into.sizeBytes >= this.targetBytes) await this.finish();
    }
  }

  private async finish(): Promise<void> {
    const { rows, fields } = this;
    if (!rows) return;
    this.rows = undefined;
    const uri = ownFile(this.metadata.location, 'compacted', this.attempt, this.written.length);
    const bytes = rows.finish();
    this.written.push(uri);
    await this.workplace.files.replace(uri, bytes);
    await this.compareStored(uri, bytes);
    const file = dataFile({ uri, sizeBytes: bytes.length, footer: readFooter(bytes, uri) }, fields, fields.map(({ name }) => name));
    await this.readBack(file, bytes);
    this.added.push(file);
  }

  private async compareStored(uri: string, bytes: Buffer): Promise<void> {
    for (let from = 0; from < bytes.length; from += READ_BYTES) {
      const part = bytes.subarray(from, from + READ_BYTES);
      const stored = await this.workplace.files.readRange(uri, from, part.length);
      if (!stored) throw new IcebergError('TABLE_UNREADABLE', `'${uri}' is missing, which was written a moment ago`);
      if (Buffer.compare(stored, part) !== 0) {
        throw new IcebergError('CONTENT_DIFFERS', `what is stored of '${uri}' is not what was written, from byte ${from} on; nothing was committed`);
      }
    }
  }

  /** Takes in the rows of a new file, as readers find them in its bytes. */
  private async readBack(file: DataFile, bytes: Buffer): Promise<void> {
    const { after } = this;
    const pages = await openPages(inMemory(bytes), file, this.fields, this.mapped);
    for (const [group, rows] of pages.groups.entries()) {
      after.begin(rows);
      for await (const column of pages.group(group)) {
        let row = 0;
        for (const page of column.pages) {
          after.add(page, row);
          row += page.rows;
        }
      }
      after.end();
    }
  }
}

/** Place of the first number that is not below a bound, of numbers that ascend. */
function firstFrom(numbers: Uint32Array, bound: number): number {
  let [from, to] = [0, numbers.length];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (numbers[middle] < bound) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** One file, whatever its name. */
function inMemory(bytes: Buffer): RangeFiles {
  return {
    readEnd: async (_uri, length) => ({ end: bytes.subarray(Math.max(0, bytes.length - length)), sizeBytes: bytes.length }),
    readRange: async (_uri, from, length) => bytes.subarray(from, from + length),
  };
}
