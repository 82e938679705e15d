import { generatedTable } from './bench-table';
import { generator, int, type Random } from './random-cells';
import { decimalSize, nbcRow, row, type WireCell, type WireColumn, wireColumn } from '../../tools/replay-server/wire-rows';

/**
 * Decimals as servers may send them: a length announced that the precision asks for (5, 9, 13, 17 bytes) or the longest
 * (17), as the ledger's server does; and each value in any length from the shortest that holds it to the announced
 * (MS-TDS 2.2.5.5.1.6 lets a value's own length differ), or NULL, in ROW and NBCROW.
 */

const LENGTHS = [5, 9, 13, 17];
/** Precision and scale, one for each length that SQL Server announces. */
const PRECISIONS: readonly (readonly [number, number])[] = [[9, 2], [19, 4], [28, 6], [38, 10]];
const NULL_SHARE = 0.15;
/** Of the rows that have NULLs; the others tell them by length 0. */
const NBC_ROW_SHARE = 0.7;

interface DecimalColumn {
  readonly column: WireColumn;
  readonly precision: number;
  readonly announced: number;
}

const DECIMALS: readonly DecimalColumn[] = PRECISIONS.flatMap(([precision, scale]) => LENGTHS
  .filter((announced) => announced >= decimalSize(precision))
  .map((announced) => ({
    column: wireColumn.decimal(`Amount${precision}In${announced}`, precision, scale, announced), precision, announced,
  })));
const COLUMNS = [wireColumn.intN('Id', 8), ...DECIMALS.map(({ column }) => column)];

export const DECIMAL_TABLE = generatedTable({
  columns: COLUMNS,
  rows: (first, count) => Buffer.concat(Array.from({ length: count }, (_, i) => decimalRow(first + i))),
  chunkRows: 10_000,
  blockRows: 50_000,
  defaultRows: 500_000,
});

function decimalRow(index: number): Buffer {
  const random = generator(index);
  const cells: WireCell[] = [int(8, index + 1), ...DECIMALS.map((column) => (random() < NULL_SHARE ? null : decimal(column, random)))];
  return cells.includes(null) && random() < NBC_ROW_SHARE ? nbcRow(COLUMNS, cells) : row(COLUMNS, cells);
}

/** Sign (1 is positive) and magnitude, of any number of digits up to the precision. */
function decimal({ precision, announced }: DecimalColumn, random: Random): Buffer {
  const digits = 1 + Math.floor(random() * precision);
  let magnitude = 0n;
  for (let i = 0; i < digits; i++) magnitude = magnitude * 10n + BigInt(Math.floor(random() * 10));
  const allowed = LENGTHS.filter((length) => length <= announced && magnitude < 1n << BigInt(8 * (length - 1)));
  const out = Buffer.alloc(allowed[Math.floor(random() * allowed.length)]);
  // There is no negative zero.
  out[0] = magnitude > 0n && random() < 0.3 ? 0 : 1;
  for (let i = 1; i < out.length; i++, magnitude >>= 8n) out[i] = Number(magnitude & 0xffn);
  return out;
}
