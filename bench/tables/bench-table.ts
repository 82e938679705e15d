import { colMetadata, row, type WireCell, type WireColumn } from '../../tools/replay-server/wire-rows';

/** A table the benchmark's server sends. */
export interface BenchTable {
  /** Rows of a chunk; row counts must be a multiple of it. */
  readonly chunkRows: number;
  /** Rows asked for when the command line does not say. */
  readonly defaultRows: number;
  /** Makes what can be made before the first request. */
  readonly open: () => OpenTable;
}

export interface OpenTable {
  /** COLMETADATA token (MS-TDS 2.2.7.4). */
  readonly metadata: Buffer;
  /** Row tokens of the n-th chunk, from 0, one behind the other; the bytes are good until the next call. */
  readonly chunk: (n: number) => Buffer;
}

/** What the rows of a made-up table are. */
export interface GeneratedTable {
  readonly columns: readonly WireColumn[];
  /** Row tokens, one behind the other; `first` is the number of the first one, from 0. */
  readonly rows: (first: number, count: number) => Buffer;
  readonly chunkRows: number;
  /** Distinct rows; a longer table repeats them. */
  readonly blockRows: number;
  readonly defaultRows: number;
}

export function generatedTable({ columns, rows, chunkRows, blockRows, defaultRows }: GeneratedTable): BenchTable {
  return {
    chunkRows,
    defaultRows,
    open: () => {
      const chunks = Array.from({ length: blockRows / chunkRows }, (_, n) => rows(n * chunkRows, chunkRows));
      return { metadata: colMetadata(columns), chunk: (n) => chunks[n % chunks.length] };
    },
  };
}

/** Rows of cells, each of ROW tokens. */
export function rowsOf(columns: readonly WireColumn[], cells: (index: number) => WireCell[]): GeneratedTable['rows'] {
  return (first, count) => Buffer.concat(Array.from({ length: count }, (_, i) => row(columns, cells(first + i))));
}
