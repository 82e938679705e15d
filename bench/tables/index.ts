import { type BenchTable, generatedTable, rowsOf } from './bench-table';
import { DECIMAL_TABLE } from './decimal-table';
import { LEDGER_TABLE } from './ledger-table';
import { float, generator, int } from './random-cells';
import { RARE_TABLE, RARE_TEXT_TABLE } from './rare-table';
import { TRANSACTION_COLUMNS, transactionRows } from '../../tools/replay-server/transactions';
import { type WireCell, type WireColumn, wireColumn } from '../../tools/replay-server/wire-rows';

const WIDE_COLUMNS: readonly WireColumn[] = Array.from({ length: 20 }, (_, i) => [
  wireColumn.intN(`Count${i}`, 4),
  wireColumn.intN(`Key${i}`, 8),
  wireColumn.decimal(`Amount${i}`, 12, 2),
  wireColumn.nvarchar(`Name${i}`, 50),
  wireColumn.varchar(`Code${i}`, 20),
  wireColumn.datetime2(`ChangedAt${i}`, 3),
  wireColumn.bit(`Active${i}`),
  wireColumn.floatN(`Rate${i}`, 8),
  wireColumn.date(`Day${i}`),
  wireColumn.moneyN(`Fee${i}`, 8),
]).flat();

const INTEGER_COLUMNS: readonly WireColumn[] = Array.from({ length: 10 }, (_, i) => wireColumn.intN(`Value${i}`, i % 2 === 0 ? 8 : 4));

const LOB_COLUMNS: readonly WireColumn[] = [wireColumn.intN('Id', 4), wireColumn.nvarcharMax('Document')];
const LOB_BYTES = 0x100000;
/** Chunks in which a (max) value comes. */
const PLP_BYTES = 0x2000;

/** By the names of --table; the first is the default. */
export const TABLES: { readonly [name: string]: BenchTable } = {
  'ledger': LEDGER_TABLE,
  'decimals': DECIMAL_TABLE,
  'rare': RARE_TABLE,
  'rare-text': RARE_TEXT_TABLE,
  'transactions': generatedTable({
    columns: TRANSACTION_COLUMNS, rows: transactionRows, chunkRows: 10_000, blockRows: 100_000, defaultRows: 1_000_000,
  }),
  'wide': generatedTable({ columns: WIDE_COLUMNS, rows: rowsOf(WIDE_COLUMNS, wideCells), chunkRows: 1000, blockRows: 10_000, defaultRows: 50_000 }),
  'integers': generatedTable({
    columns: INTEGER_COLUMNS, rows: rowsOf(INTEGER_COLUMNS, integerCells), chunkRows: 10_000, blockRows: 100_000, defaultRows: 1_000_000,
  }),
  'lob': generatedTable({ columns: LOB_COLUMNS, rows: rowsOf(LOB_COLUMNS, lobCells), chunkRows: 10, blockRows: 20, defaultRows: 500 }),
};

function wideCells(index: number): WireCell[] {
  const random = generator(index);
  return WIDE_COLUMNS.map((_, i) => {
    if (random() < 0.2) return null;
    switch (i % 10) {
      case 0: return int(4, random() * 1e6);
      case 1: return int(8, index * 200 + i);
      case 2: return Buffer.concat([int(1, 1), int(8, random() * 1e9)]);
      case 3: return Buffer.from(`Name ${Math.floor(random() * 1e4)} of ${index}`, 'utf16le');
      case 4: return Buffer.from(`C${Math.floor(random() * 1000)}`, 'latin1');
      case 5: return Buffer.concat([int(4, random() * 86400000), int(3, 738000 + random() * 1000)]);
      case 6: return int(1, random() * 2);
      case 7: return float(random());
      case 8: return int(3, 738000 + random() * 1000);
      default: return Buffer.concat([int(4, 0), int(4, random() * 30000)]);
    }
  });
}

function integerCells(index: number): WireCell[] {
  const random = generator(index);
  return INTEGER_COLUMNS.map((_, i) => (i === 0 ? int(8, index + 1) : i % 2 === 0 ? int(8, random() * 1e12) : int(4, random() * 1e9)));
}

function lobCells(index: number): WireCell[] {
  const random = generator(index);
  const sentence = `Clause ${index}: the parties agree on § ${Math.floor(random() * 1e9)}, "as is", until further notice. `;
  const text = Buffer.from(sentence.repeat(Math.ceil(LOB_BYTES / 2 / sentence.length)), 'utf16le').subarray(0, LOB_BYTES);
  const chunks: Buffer[] = [];
  for (let at = 0; at < text.length; at += PLP_BYTES) chunks.push(text.subarray(at, at + PLP_BYTES));
  return [int(4, index + 1), chunks];
}
