import { nbcRow, row, WireCell, WireColumn, wireColumn } from './wire-rows';

/** A bank's transactions: 15 columns like those of a real table, values varied by a fixed seed. */

export const TRANSACTION_COLUMNS: readonly WireColumn[] = [
  wireColumn.intN('TransactionId', 8),
  wireColumn.intN('AccountId', 4),
  wireColumn.datetime2('PostedAt', 7),
  wireColumn.date('ValueDate'),
  wireColumn.decimal('Amount', 19, 4),
  wireColumn.char('Currency', 3),
  wireColumn.moneyN('Fee', 8),
  wireColumn.varchar('Kind', 20),
  wireColumn.nvarchar('Counterparty', 80),
  wireColumn.nvarchar('Memo', 400),
  wireColumn.bit('IsReversed'),
  wireColumn.floatN('Rate', 8),
  wireColumn.guid('ExternalId'),
  wireColumn.rowversion('RowVer'),
  wireColumn.varbinary('Payload', 64),
];

const CURRENCIES = ['EUR', 'USD', 'GBP', 'CHF', 'JPY', 'SEK', 'PLN', 'CZK'];
const KINDS = ['CARD', 'TRANSFER', 'ATM', 'FEE', 'SALARY', 'REFUND', 'DIRECT DEBIT', 'INTEREST'];
const PARTIES = [
  'ACME Corporation', 'Amazon EU SARL', 'Carrefour España', 'Ryanair DAC', 'H&M Hennes & Mauritz', 'Shell Österreich', '株式会社サクラ',
  'Müller GmbH & Co. KG', 'Société Générale', 'PKN ORLEN S.A.', 'Lidl', 'Deutsche Bahn AG', 'O\'Neill & Sons, Ltd.', 'Telefónica',
  'Vodafone', 'Netflix International B.V.', 'IKEA', 'Κωτσόβολος', 'ООО Ромашка', 'Uber', 'Apple', 'Booking.com', 'Tesco "Express"', 'Migros',
];
/** 2022-01-01 in days since 0001-01-01. */
const FIRST_DAY = 738155;

/** Rows one behind the other; `first` is the number of the first one, from 0. */
export function transactionRows(first: number, count: number): Buffer {
  const rows: Buffer[] = [];
  for (let i = first; i < first + count; i++) rows.push(transactionRow(i));
  return Buffer.concat(rows);
}

function transactionRow(i: number): Buffer {
  const random = generator(i);
  const posted = i * 47.4687;
  const day = FIRST_DAY + Math.floor(posted / 86400);
  const party = PARTIES[Math.floor(random() ** 2 * PARTIES.length)];
  const cells: WireCell[] = [
    int(8, i + 1),
    int(4, Math.floor(random() * 250000) + 1),
    Buffer.concat([int(5, Math.floor(posted % 86400) * 10000000 + Math.floor(random() * 10000000)), int(3, day)]),
    int(3, day + Math.floor(random() * 3)),
    amount(random),
    Buffer.from(CURRENCIES[Math.floor(random() ** 3 * CURRENCIES.length)], 'latin1'),
    Buffer.concat([int(4, 0), int(4, Math.floor(random() * 30000))]),
    Buffer.from(KINDS[Math.floor(random() ** 2 * KINDS.length)], 'latin1'),
    Buffer.from(party, 'utf16le'),
    random() < 0.4 ? null : Buffer.from(memo(random, party), 'utf16le'),
    random() < 0.1 ? null : int(1, random() < 0.02 ? 1 : 0),
    random() < 0.3 ? null : float(0.5 + random()),
    bytes(random, 16),
    int(8, i * 3 + 2000),
    random() < 0.5 ? null : bytes(random, Math.floor(random() * 64)),
  ];
  return cells.includes(null) ? nbcRow(TRANSACTION_COLUMNS, cells) : row(TRANSACTION_COLUMNS, cells);
}

function memo(random: () => number, party: string): string {
  const reference = Math.floor(random() * 1e10);
  return random() < 0.7 ? `Payment ref ${reference} ${party}` : `Überweisung Ref ${reference} – Rechnung №${reference % 1000}`;
}

function amount(random: () => number): Buffer {
  const units = Math.floor(Math.exp(random() * 12) * 10000);
  return Buffer.concat([int(1, random() < 0.7 ? 0 : 1), int(8, units)]);
}

function int(size: number, value: number): Buffer {
  const out = Buffer.alloc(size);
  for (let i = 0; i < size; i++) {
    out[i] = value % 256;
    value = Math.floor(value / 256);
  }
  return out;
}

function float(value: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeDoubleLE(value);
  return out;
}

function bytes(random: () => number, size: number): Buffer {
  return Buffer.from(Array.from({ length: size }, () => Math.floor(random() * 256)));
}

/** Numbers from 0 to 1, always the same for a seed (mulberry32). */
function generator(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = (mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed)) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 4294967296;
  };
}
