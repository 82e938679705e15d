import {
  keptBytes, type ManifestColumn, type ManifestObject, type ManifestPageTable, type ManifestTally, MAX_KEPT_BYTES,
} from '../../contract';
import { HandlerError } from '../shared/errors';

/** What is read of manifests beside what every run needs. */
export interface ManifestReading {
  /** Whether numbers of NULLs and sums of columns are kept: tables are proved by them. @default false */
  readonly tallies?: boolean;
}

/**
 * Keeps of tables, page by page, what run completion reads: of columns names, types and ids, of objects what is compared. Tallies and
 * chunks, most of a large manifest, are let go with their page.
 */
export class TableKeeper {
  private readonly texts = new Map<string, string>();
  private columns = 0;
  private objects = 0;
  private tallies = 0;

  public constructor(private readonly reading: ManifestReading = {}) {}

  /** @throws HandlerError MANIFEST_TOO_LARGE when what is kept would not fit into the function */
  public readonly keep = <T extends ManifestPageTable>(table: T): T => {
    if (typeof table !== 'object' || table === null || !Array.isArray(table.objects)) return table;
    const columns: unknown = 'columns' in table ? table.columns : undefined;
    this.objects += table.objects.length;
    this.columns += Array.isArray(columns) ? columns.length : 0;
    const tallies = this.reading.tallies && 'tallies' in table && Array.isArray(table.tallies) ? table.tallies as readonly ManifestTally[] : undefined;
    this.tallies += tallies?.length ?? 0;
    if (keptBytes({ columns: this.columns, objects: this.objects, tallies: this.tallies }) > MAX_KEPT_BYTES) {
      throw new HandlerError('MANIFEST_TOO_LARGE', `expected a manifest whose names of columns and objects take ${MAX_KEPT_BYTES} bytes at most `
        + `(a column ${keptBytes({ columns: 1, objects: 0 })}, an object ${keptBytes({ columns: 0, objects: 1 })}), got ${this.columns} columns `
        + `${tallies ? 'with sums ' : ''}and ${this.objects} objects, or more; extract the tables in several runs`);
    }
    const { chunks: _, tallies: __, indexes: ___, foreignKeys: ____, ...kept } = table as T & Record<'chunks' | 'tallies' | 'indexes' | 'foreignKeys', unknown>;
    return {
      ...kept,
      ...(Array.isArray(columns) && { columns: (columns as ManifestColumn[]).map((column) => this.column(column)) }),
      ...(tallies && { tallies: tallies.map((tally) => this.tally(tally)) }),
      objects: (table.objects as readonly ManifestObject[]).map((object) => this.object(object)),
    } as unknown as T;
  };

  private column(column: ManifestColumn): ManifestColumn {
    if (typeof column !== 'object' || column === null) return column;
    const { name, sourceType, outputType, glueType, fieldId } = column;
    const types = { sourceType: this.once(sourceType), outputType: this.once(outputType), glueType: this.once(glueType) };
    return { name, ...types, ...(fieldId !== undefined && { fieldId }) } as ManifestColumn;
  }

  private tally(tally: ManifestTally): ManifestTally {
    if (typeof tally !== 'object' || tally === null) return tally;
    const { column, nulls, sum } = tally;
    return { column, nulls, ...(sum !== undefined && { sum }) };
  }

  private object(object: ManifestObject): ManifestObject {
    if (typeof object !== 'object' || object === null) return object;
    const { key, rows, sizeBytes, checksum, contentHash, role } = object;
    return { key, rows, sizeBytes, checksum, ...(contentHash && { contentHash }), ...(role && { role }) } as ManifestObject;
  }

  /** Types are few. */
  private once(text: string): string {
    const known = this.texts.get(text);
    if (known === undefined) this.texts.set(text, text);
    return known ?? text;
  }
}
