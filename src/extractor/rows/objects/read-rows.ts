import type { Connection } from 'tedious';
import type { ManifestColumn, ManifestTally } from '../../../contract';
import type { TypeOptions } from '../../api/type-options';
import type { LandedObject, ObjectWriter } from '../../landing/target/landing-target';
import type { Alterations } from '../columns/column-type';
import type { OffKernelCounts } from '../columns/off-kernel';
import type { OutputFormat } from '../columns/output-format';
import type { HashSums } from '../hash/source-hash';

/** A value for a parameter of the query, sent by sp_executesql; types as tedious's TYPES names them. */
export interface QueryParameter {
  readonly name: string;
  readonly type: string;
  readonly value: unknown;
  readonly length?: number;
  readonly precision?: number;
  readonly scale?: number;
}

/** One request whose rows become objects. */
export interface ReadRowsOptions {
  /** Logged in and idle. */
  readonly connection: Connection;
  readonly sql: string;
  readonly parameters?: readonly QueryParameter[];
  readonly format: OutputFormat;
  /** For messages: `[dbo].[Transactions]` or the query's name. */
  readonly subject: string;
  /** More statements whose rows are of the same columns, and follow those of the first; none by default. */
  readonly more?: AsyncIterable<Pick<ReadRowsOptions, 'sql' | 'parameters'>>;
  /** Type options of a column by its name; none by default. */
  readonly typeOptions?: (column: string) => TypeOptions;
  /** Names of the key's columns: an error of a value then tells the key of its row. */
  readonly keyColumns?: readonly string[];
  /** Field ids of the columns, in their order; none by default. */
  readonly columnIds?: readonly number[];
  /** Takes a hash of the rows that the source can compute too: of all, or of those sampled by a column, without the columns to leave out; none by default. */
  readonly sourceHash?: { readonly sampleBy?: string; readonly leaveOut?: readonly string[] };
  /** A file is closed and the next opened when its size reaches this many bytes. */
  readonly targetFileBytes: number;
  /** Called with the columns before any row; throws to refuse the result. */
  readonly onColumns?: (columns: readonly ManifestColumn[]) => void;
  /** Opens the `file`-th object of this request, from 0. */
  readonly open: (file: number, columns: readonly ManifestColumn[]) => ObjectWriter;
  /** Called now and then with the counts so far. */
  readonly onProgress?: (progress: { readonly rows: number; readonly wireBytes: number }) => void;
  readonly signal?: AbortSignal;
}

/** How many values of a column were landed otherwise than they are, as an option allows. */
export interface ColumnAlterations extends Alterations {
  readonly column: string;
}

/** What came of a request. */
export interface ReadRowsResult {
  readonly columns: readonly ManifestColumn[];
  readonly rows: number;
  /** TDS payload bytes read. */
  readonly wireBytes: number;
  /** Of the columns that have any. */
  readonly alterations: readonly ColumnAlterations[];
  /** Rows that were not wholly read by the kernels, by reason. */
  readonly rowsOffKernel: OffKernelCounts;
  /** Of each column of the source. */
  readonly tallies: readonly ManifestTally[];
  /** Where it was asked for, and the rows can be sampled by the column. */
  readonly sourceHash?: HashSums;
  readonly files: ReadonlyArray<{ readonly rows: number; readonly contentHash: bigint; readonly object: LandedObject }>;
}

/**
 * Runs the request and lands its rows: wire bytes to format bytes with no JavaScript object a row or cell.
 *
 * An empty result gives one object with the schema. On any error the open object is aborted, the objects already
 * completed stay (the manifest that would name them is never written), and the error is a LegacyToS3Error that names
 * subject, column and row where it can.
 */
export type ReadRows = (options: ReadRowsOptions) => Promise<ReadRowsResult>;
