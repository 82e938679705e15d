/** A value as the tests compare it: whole numbers, decimals (unscaled) and times (100 ns since 1970) as bigint. */
export type KnownValue = bigint | number | string | null;

/** Rows by their key, as text. */
export type KnownRows = ReadonlyMap<string, readonly KnownValue[]>;

/** How a column is compared. */
export type KnownKind = 'whole' | 'decimal4' | 'ticks' | 'text' | 'double';

export type KnownColumn = readonly [name: string, kind: KnownKind];

/** A table of the source: names and kinds of the columns that are compared, the first ones its key. */
export interface KnownTable {
  readonly name: string;
  /** How its changes are learnt. */
  readonly way: 'changeTracking' | 'cdc' | 'rowversion' | 'whole';
  readonly definition: string;
  readonly columns: readonly KnownColumn[];
  readonly keyColumns: number;
  /** Row by row in the beginning. */
  readonly rows: number;
  row(source: Chance, at: number): KnownValue[];
}

/** Numbers of chance that a seed repeats. */
export class Chance {
  private state: number;

  public constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** Below a bound; Numerical Recipes, "ranqd1", its upper bits. */
  public below(bound: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor(this.state / 2 ** 32 * bound);
  }

  public of<T>(all: readonly T[]): T {
    return all[this.below(all.length)];
  }
}

export const EPOCH_2020 = 1_577_836_800n * 10_000_000n;
const MEMOS = ['', ' ', 'Zahlung', 'Überweisung „a“', 'x'.repeat(300), '日本語', 'a,b\n"c"', '\u{1F600}'];

/**
 * A whole number key and an invariant, a key of two columns that is changed in place, a key of seven decimals, one of uniqueidentifier, one of
 * text that is compared regardless of case and of blanks at its end; a captured table, one with a rowversion, and one without a key.
 */
export const KNOWN_TABLES: readonly KnownTable[] = [
  {
    name: 'SyncAccounts',
    way: 'changeTracking',
    definition: 'Id int NOT NULL PRIMARY KEY, Balance decimal(19,4) NOT NULL, Owner nvarchar(400) NULL, At datetime2(7) NOT NULL',
    columns: [['Id', 'whole'], ['Balance', 'decimal4'], ['Owner', 'text'], ['At', 'ticks']],
    keyColumns: 1,
    rows: 120,
    row: (chance, at) => [BigInt(at), 10_000_000n, chance.below(4) === 0 ? null : chance.of(MEMOS), ticks(chance)],
  },
  {
    name: 'SyncEntries',
    way: 'changeTracking',
    definition: 'Account int NOT NULL, No bigint NOT NULL, Amount decimal(19,4) NULL, Memo nvarchar(max) NULL, PRIMARY KEY (Account, No)',
    columns: [['Account', 'whole'], ['No', 'whole'], ['Amount', 'decimal4'], ['Memo', 'text']],
    keyColumns: 2,
    rows: 150,
    row: (chance, at) => [
      BigInt(at % 7), BigInt(at) * 3_000_000_007n, chance.below(5) === 0 ? null : BigInt(chance.below(2_000_000) - 1_000_000), chance.of(MEMOS),
    ],
  },
  {
    name: 'SyncTicks',
    way: 'changeTracking',
    definition: 'At datetime2(7) NOT NULL PRIMARY KEY, Rate float NOT NULL',
    columns: [['At', 'ticks'], ['Rate', 'double']],
    keyColumns: 1,
    rows: 60,
    row: (chance, at) => [EPOCH_2020 + BigInt(at), chance.below(1_000_000) / 7],
  },
  {
    name: 'SyncCodes',
    way: 'changeTracking',
    definition: 'Code uniqueidentifier NOT NULL PRIMARY KEY, N int NULL',
    columns: [['Code', 'text'], ['N', 'whole']],
    keyColumns: 1,
    rows: 40,
    row: (chance, at) => [`0F0E0D0C-0B0A-0908-0706-${String(at).padStart(12, '0')}`, chance.below(3) === 0 ? null : BigInt(chance.below(1000))],
  },
  {
    name: 'SyncNames',
    way: 'changeTracking',
    definition: 'Name nvarchar(40) COLLATE Latin1_General_CI_AS NOT NULL PRIMARY KEY, N int NOT NULL',
    columns: [['Name', 'text'], ['N', 'whole']],
    keyColumns: 1,
    rows: 30,
    row: (chance, at) => [`Müller ${at}`, BigInt(chance.below(1000))],
  },
  {
    name: 'SyncJournal',
    way: 'cdc',
    definition: 'No int NOT NULL PRIMARY KEY, Amount decimal(19,4) NOT NULL, Memo nvarchar(max) NULL',
    columns: [['No', 'whole'], ['Amount', 'decimal4'], ['Memo', 'text']],
    keyColumns: 1,
    rows: 60,
    row: (chance, at) => [BigInt(at), BigInt(chance.below(2_000_000) - 1_000_000), chance.below(3) === 0 ? null : chance.of(MEMOS)],
  },
  {
    name: 'SyncSeen',
    way: 'rowversion',
    definition: 'Id int NOT NULL PRIMARY KEY, N int NULL, V rowversion',
    columns: [['Id', 'whole'], ['N', 'whole']],
    keyColumns: 1,
    rows: 50,
    row: (chance, at) => [BigInt(at), chance.below(3) === 0 ? null : BigInt(chance.below(1000))],
  },
  {
    name: 'SyncHeap',
    way: 'whole',
    definition: 'Id int NOT NULL, N int NULL',
    columns: [['Id', 'whole'], ['N', 'whole']],
    keyColumns: 1,
    rows: 20,
    row: (chance, at) => [BigInt(at), BigInt(chance.below(1000))],
  },
];

export function knownTable(name: string): KnownTable {
  return KNOWN_TABLES.find((table) => table.name === name)!;
}

/** A row's key. */
export function keyOf(name: string, row: readonly KnownValue[]): string {
  return row.slice(0, knownTable(name).keyColumns).join('|');
}

export function ticks(chance: Chance): bigint {
  return EPOCH_2020 + BigInt(chance.below(2 ** 31)) * 1_000_003n;
}

/** A value as a literal of the source. */
export function literal(value: KnownValue, kind: KnownKind): string {
  if (value === null) return 'NULL';
  switch (kind) {
    case 'decimal4': {
      const units = value as bigint;
      const digits = String(units < 0n ? -units : units).padStart(5, '0');
      return `${units < 0n ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`;
    }
    case 'ticks': {
      const at = value as bigint;
      return `'${new Date(Number(at / 10_000_000n) * 1000).toISOString().slice(0, 19)}.${String(at % 10_000_000n).padStart(7, '0')}'`;
    }
    case 'text': return `N'${String(value).replace(/'/g, "''")}'`;
    case 'double': return (value as number).toExponential();
    default: return String(value);
  }
}
