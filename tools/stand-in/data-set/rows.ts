import { EPOCH_TICKS } from '../sql/types';

/** Sizes of the data set. */
export interface DataSetSize {
  readonly transactions: number;
}

const DB = '"LegacyLedger"';
const FIRST_DAY_TICKS = EPOCH_TICKS + 18993n * 864_000_000_000n;

/** A number from 0 up to `limit` that a row number and a salt decide, the same in every run. */
const pick = (salt: string, limit: number | string, row = 'i') => `CAST(hash(${row}::BIGINT, '${salt}') % ${limit} AS INTEGER)`;

/** The item of a list that a row decides. */
const choose = (salt: string, items: readonly string[], row = 'i') =>
  `[${items.map((item) => `'${item.replace(/'/g, "''")}'`).join(', ')}][1 + ${pick(salt, items.length, row)}]`;

const guid = (salt: string) => `CAST(md5(i::VARCHAR || '${salt}') AS UUID)`;

const FIRST_NAMES = ['Anna', 'José', 'Zoë', 'Łukasz', 'Søren', 'Müge', 'Ольга', 'Ελένη', '美咲', '伟', 'محمد', 'דנה', 'Ngọc', 'Siobhán', "D'Arcy", 'Jean-Luc', '😀 Max', '𠮷野'];
const LAST_NAMES = ['Smith', 'García', 'Müller', 'Øster', 'Kovač', 'Иванова', 'Παπαδόπουλος', '佐藤', '王', 'العربي', "O'Neill", 'van der Berg', 'Nguyễn', 'Şahin', '𝔊othic'];
const CITIES = ['Wien', 'Zürich', 'São Paulo', 'København', 'Kraków', 'Αθήνα', 'Москва', '東京', '北京', 'القاهرة', 'Reykjavík', 'Málaga'];
const COUNTERPARTIES = ['Northwind Traders', 'Café Zoë S.à r.l.', 'Müller & Söhne GmbH', '株式会社サクラ', '北京贸易有限公司', 'ООО «Ромашка»', 'Ελληνική Τράπεζα', 'شركة النور',
  'Łódź Logistics Sp. z o.o.', 'Emoji 💶 Exchange', 'İstanbul Ticaret A.Ş.', 'Société Générale du Vin', 'Fjord & Fjell AS', 'Quote "Quality", Ltd', 'Tab\tand, comma'];
const KINDS = ['CARD', 'ATM', 'TRANSFER', 'SALARY', 'REFUND', 'DIRECT_DEBIT', 'FEE', 'INTEREST'];
const CURRENCIES = ['EUR', 'EUR', 'EUR', 'USD', 'GBP', 'CHF', 'JPY'];

/** Customers, and two accounts for each; both follow the number of transactions, within bounds. */
export function counts({ transactions }: DataSetSize): { customers: number; accounts: number } {
  const customers = Math.max(20, Math.min(5000, Math.ceil(transactions / 40)));
  return { customers, accounts: customers * 2 };
}

/** DuckDB statements that fill the tables; they hash row numbers, so that every run has the same rows. */
export function fillStatements(size: DataSetSize): string[] {
  const { customers, accounts } = counts(size);
  return [
    `INSERT INTO ${DB}.ledger."Branches"
      SELECT printf('B%03d', i), ${choose('branch', CITIES)} || ' ' || i, ['AT', 'CH', 'BR', 'DK', 'PL', 'GR'][1 + i % 6], DATE '1950-01-01' + ${pick('opened', 25000)},
        CASE WHEN i % 5 > 0 THEN (7 + i % 3) * 36000000000 END, CAST(${pick('lat', 180000000)} / 1000000.0 - 90 AS DECIMAL(9,6)), CAST(${pick('lon', 360000000)} / 1000000.0 - 180 AS DECIMAL(9,6))
      FROM range(1, 25) r(i)`,
    `INSERT INTO ${DB}.dbo."Customers"
      SELECT i, printf('C%09d', i - 1), ${choose('first', FIRST_NAMES)} || ' ' || ${choose('last', LAST_NAMES)},
        CASE WHEN i % 7 > 0 THEN 'user' || (i - 1) || '@example.com' END, ['AT', 'DE', 'CH', 'BR', 'JP', 'GR', 'EG'][1 + ${pick('country', 7)}],
        CASE WHEN i % 9 > 0 THEN ${choose('city', CITIES)} END, CASE WHEN i % 11 > 0 THEN DATE '1930-01-01' + ${pick('birth', 28000)} END,
        ${EPOCH_TICKS} + 15340 * 864000000000 + i * 15711047295 + ${pick('created', 10000000)},
        CASE WHEN i % 13 > 0 THEN CAST(${pick('limit', 50000000)} / 100.0 AS DECIMAL(19,4)) END, i % 4, i % 10 <> 0,
        CASE i % 6 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN 'Notiz für Kunde ' || i || ' — überprüft ✓'
          WHEN 3 THEN repeat('Längere Notiz 😀 ' || i || '; ', 1 + ${pick('notes', 300)}) ELSE 'Line one' || chr(13) || chr(10) || 'line "two", with a comma' END,
        ${guid('customer')}, bigint_to_bytes(i, 8)
      FROM range(1, ${customers + 1}) r(i)`,
    `INSERT INTO ${DB}.dbo."Accounts" (${['AccountId', 'CustomerId', 'BranchCode', 'Iban', 'Currency', 'Balance', 'Overdraft', 'InterestRate', 'OpenedAt', 'ReviewedAt', 'ClosedAt', 'Status'].map((name) => `"${name}"`).join(', ')})
      SELECT i, 1 + (i - 1) // 2, CASE WHEN i % 17 > 0 THEN printf('B%03d', 1 + ${pick('branch', 24)}) END, printf('AT%02d%016d', ${pick('check', 97)}, i * 7919),
        ${choose('currency', CURRENCIES)}, CAST((hash(i::BIGINT, 'balance') % 2000000000 - 400000000::HUGEINT) / 1000.0 AS DECIMAL(19,4)),
        CASE WHEN i % 3 = 0 THEN CAST(${pick('overdraft', 1000000)} / 100.0 AS DECIMAL(10,4)) END, CASE WHEN i % 4 > 0 THEN CAST(${pick('rate', 5000)} / 1000.0 AS FLOAT) END,
        round_datetime(${EPOCH_TICKS} + (12000 + ${pick('day', 6000)}) * 864000000000 + ${pick('time', 86400000)} * 10000::BIGINT),
        CASE WHEN i % 5 > 0 THEN ${EPOCH_TICKS} + (18000 + ${pick('review', 900)}) * 864000000000 + ${pick('minute', 1440)} * 600000000::BIGINT END,
        CASE WHEN i % 8 = 0 THEN ticks_to_offset(${EPOCH_TICKS} + (19000 + ${pick('close', 300)}) * 864000000000 + ${pick('milli', 86400000)} * 10000::BIGINT, [-570, -300, 0, 60, 120, 330, 765][1 + ${pick('zone', 7)}]) END,
        CASE WHEN i % 8 = 0 THEN 'CLOSED' WHEN i % 31 = 0 THEN 'FROZEN' ELSE 'OPEN' END
      FROM range(1, ${accounts + 1}) r(i)`,
    `INSERT INTO ${DB}.dbo."Transactions"
      SELECT i, 1 + ${pick('account', accounts)}, ${FIRST_DAY_TICKS} + (i - 1) * 474685432 + ${pick('posted', 10000000)},
        DATE '2022-01-01' + CAST((i - 1) * 474685432 // 864000000000 AS INTEGER) + ${pick('value', 3)},
        CAST((hash(i::BIGINT, 'amount') % 20000000 - 5000000::HUGEINT) / 10000.0 * CASE WHEN i % 97 = 0 THEN 100000 ELSE 1 END AS DECIMAL(19,4)), ${choose('money', CURRENCIES)},
        CASE WHEN i % 10 > 0 THEN CAST(${pick('fee', 25000)} / 10000.0 AS DECIMAL(19,4)) END, ${choose('kind', KINDS)},
        CASE WHEN i % 20 > 0 THEN ${choose('party', COUNTERPARTIES)} END,
        CASE i % 4 WHEN 0 THEN 'Payment ref ' || ${pick('ref', 1000000000)} WHEN 1 THEN 'Überweisung Ref ' || ${pick('ref', 1000000000)} || ' – Rechnung №' || i
          WHEN 2 THEN CASE WHEN i % 122 = 2 THEN repeat('Größere Notiz; ', 20) END END,
        i % 50 = 0, CASE WHEN i % 3 = 0 THEN 0.5 + (hash(i::BIGINT, 'rate') % 1000003) / 1000003.0 END, CASE WHEN i % 6 > 0 THEN ${guid('transaction')} END,
        bigint_to_bytes(${customers} + i, 8), CASE i % 5 WHEN 0 THEN unhex(substr(md5(i::VARCHAR) || md5(i::VARCHAR || 'p'), 1, 2 * (1 + ${pick('length', 32)}))) WHEN 1 THEN ''::BLOB END
      FROM range(1, ${size.transactions + 1}) r(i)`,
    `INSERT INTO ${DB}.ledger."ExchangeRates"
      SELECT DATE '2022-01-01' + CAST(i // 3 AS INTEGER), 'EUR', ['USD', 'GBP', 'CHF'][1 + i % 3], CAST(0.8 + (hash(i::BIGINT, 'fx') % 40000000) / 100000000.0 AS DECIMAL(18,8))
      FROM range(0, ${Math.min(1095, Math.max(30, Math.ceil(size.transactions / 50)))}) r(i)`,
    `INSERT INTO ${DB}.dbo."AuditLog"
      SELECT ${FIRST_DAY_TICKS} + CAST(${pick('at', 31536000)} AS BIGINT) * 10000000, ['sa', 'batch', 'étienne'][1 + i % 3], ['LOGIN', 'POST', 'EXPORT', 'POST'][1 + i % 4],
        CASE WHEN i % 4 > 0 THEN repeat('detail €; ', ${pick('detail', 40)}) END
      FROM range(0, ${Math.max(25, Math.ceil(size.transactions / 100))}) r(i)`,
    `INSERT INTO ${DB}.dbo."Order Items [2019]" VALUES (1, 19.99, 'it''s'), (2, NULL, ''), (3, -0.01, NULL)`,
  ];
}
