import type sql from 'mssql';

/** A value as the tests compare it: whole numbers, decimals (unscaled) and times (100 ns since 1970) as bigint. */
export type KnownValue = bigint | number | string | null;

/** Rows by their key, as text. */
export type KnownRows = ReadonlyMap<string, readonly KnownValue[]>;

/** What the tables hold at one version of Change Tracking. */
export type KnownState = ReadonlyMap<string, KnownRows>;

/** How a column is compared. */
export type KnownKind = 'whole' | 'decimal4' | 'ticks' | 'text' | 'double';

/** A table of the source: names and kinds of its columns, the first ones its key. */
export interface KnownTable {
  readonly name: string;
  readonly definition: string;
  readonly columns: ReadonlyArray<readonly [name: string, kind: KnownKind]>;
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

const EPOCH_2020 = 1_577_836_800n * 10_000_000n;
const MEMOS = ['', ' ', 'Zahlung', 'Überweisung „a“', 'x'.repeat(300), '日本語', 'a,b\n"c"', '\u{1F600}'];

/** A whole number key and an invariant, a key of two columns that is changed in place, a key of seven decimals, and one of uniqueidentifier. */
export const KNOWN_TABLES: readonly KnownTable[] = [
  {
    name: 'SyncAccounts',
    definition: 'Id int NOT NULL PRIMARY KEY, Balance decimal(19,4) NOT NULL, Owner nvarchar(400) NULL, At datetime2(7) NOT NULL',
    columns: [['Id', 'whole'], ['Balance', 'decimal4'], ['Owner', 'text'], ['At', 'ticks']],
    keyColumns: 1,
    rows: 120,
    row: (chance, at) => [BigInt(at), 10_000_000n, chance.below(4) === 0 ? null : chance.of(MEMOS), ticks(chance)],
  },
  {
    name: 'SyncEntries',
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
    definition: 'At datetime2(7) NOT NULL PRIMARY KEY, Rate float NOT NULL',
    columns: [['At', 'ticks'], ['Rate', 'double']],
    keyColumns: 1,
    rows: 60,
    row: (chance, at) => [EPOCH_2020 + BigInt(at), chance.below(1_000_000) / 7],
  },
  {
    name: 'SyncCodes',
    definition: 'Code uniqueidentifier NOT NULL PRIMARY KEY, N int NULL',
    columns: [['Code', 'text'], ['N', 'whole']],
    keyColumns: 1,
    rows: 40,
    row: (chance, at) => [`0F0E0D0C-0B0A-0908-0706-${String(at).padStart(12, '0')}`, chance.below(3) === 0 ? null : BigInt(chance.below(1000))],
  },
];

function ticks(chance: Chance): bigint {
  return EPOCH_2020 + BigInt(chance.below(2 ** 31)) * 1_000_003n;
}

/** Tables under Change Tracking that one writer after the other changes, each committed state of which is known. */
export class KnownSource {
  /** Makes the tables and fills them, Change Tracking first. */
  public static async make(client: sql.ConnectionPool, database: string, seed: number): Promise<KnownSource> {
    const source = new KnownSource(client, new Chance(seed));
    await client.batch(`ALTER DATABASE [${database}] SET ALLOW_SNAPSHOT_ISOLATION ON`);
    await client.batch(`ALTER DATABASE [${database}] SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)`);
    for (const table of KNOWN_TABLES) {
      await client.batch(`CREATE TABLE dbo.${table.name} (${table.definition})`);
      await client.batch(`ALTER TABLE dbo.${table.name} ENABLE CHANGE_TRACKING`);
      const rows = Array.from({ length: table.rows }, (_each, at) => table.row(source.chance, at));
      await source.transaction(rows.map((row) => source.insert(table.name, row)));
    }
    return source;
  }

  private readonly tables = new Map<string, Map<string, readonly KnownValue[]>>(KNOWN_TABLES.map(({ name }) => [name, new Map()]));
  /** By version. */
  private readonly states = new Map<bigint, KnownState[]>();
  private readonly columns = new Map(KNOWN_TABLES.map(({ name, columns }) => [name, [...columns]]));
  private next = 1_000;
  /** Transactions that were committed. */
  public committed = 0;

  private constructor(private readonly client: sql.ConnectionPool, private readonly chance: Chance) {}

  /** What the tables held at a mark's version: one state, and one more for each statement since that makes no version, as TRUNCATE. */
  public at(order: string): readonly KnownState[] {
    const version = BigInt(order);
    const states = this.states.get(version);
    if (!states) throw new Error(`no transaction made version ${version}; the last ones are ${[...this.states.keys()].slice(-5).join(', ')}`);
    return states;
  }

  /** What the tables hold now. */
  public newest(): KnownState {
    return this.tables;
  }

  /** Names and kinds of a table's columns now. */
  public columnsOf(name: string): ReadonlyArray<readonly [string, KnownKind]> {
    return this.columns.get(name)!;
  }

  /** One transaction of chance. */
  public async write(): Promise<void> {
    const { chance } = this;
    const work = chance.of([
      () => this.transfer(), () => this.transfer(), () => this.book(), () => this.book(), () => this.strike(), () => this.rekey(),
      () => this.tick(), () => this.recode(), () => this.comeAndGo(),
    ]);
    const changes = work();
    if (changes.length > 0) await this.transaction(changes);
  }

  /** All rows of a table go at once, which Change Tracking does not tell by row. */
  public async truncate(name: string): Promise<void> {
    await this.client.batch(`TRUNCATE TABLE dbo.${name}`);
    this.tables.get(name)!.clear();
    await this.note();
  }

  /** Rows get a value that no change tells of. */
  public async addColumn(name: string, column: string, value: bigint): Promise<void> {
    await this.client.batch(`ALTER TABLE dbo.${name} ADD ${column} int NOT NULL DEFAULT ${value}`);
    const rows = this.tables.get(name)!;
    for (const [key, row] of rows) rows.set(key, [...row, value]);
    this.columns.get(name)!.push([column, 'whole']);
    await this.note();
  }

  private transfer(): Change[] {
    const ids = [...this.tables.get('SyncAccounts')!.keys()];
    const [from, to] = [this.chance.of(ids), this.chance.of(ids)];
    if (from === to) return [];
    const amount = BigInt(this.chance.below(100_000));
    const move = (key: string, by: bigint) => this.update('SyncAccounts', key, (row) => row.map((value, at) => (at === 1 ? (value as bigint) + by : at === 3 ? ticks(this.chance) : value)));
    return [...move(from, -amount), ...move(to, amount)];
  }

  private book(): Change[] {
    return Array.from({ length: 1 + this.chance.below(4) }, () => this.insert('SyncEntries', this.freshEntry()));
  }

  private freshEntry(): KnownValue[] {
    const { row, columns } = KNOWN_TABLES[1];
    const fresh = row(this.chance, this.next++);
    return [...fresh, ...this.columns.get('SyncEntries')!.slice(columns.length).map(() => BigInt(this.chance.below(9)))];
  }

  private strike(): Change[] {
    const [name] = [this.chance.of(['SyncEntries', 'SyncTicks'])];
    const keys = [...this.tables.get(name)!.keys()];
    return keys.length < 20 ? [] : this.remove(name, this.chance.of(keys));
  }

  /** A primary key changes in place. */
  private rekey(): Change[] {
    const keys = [...this.tables.get('SyncEntries')!.keys()];
    if (keys.length === 0) return [];
    const no = BigInt(this.next++) * 3_000_000_007n;
    return this.update('SyncEntries', this.chance.of(keys), (row) => row.map((value, at) => (at === 1 ? no : value)));
  }

  /** Neighbours in the seventh decimal come and change. */
  private tick(): Change[] {
    const keys = [...this.tables.get('SyncTicks')!.keys()];
    if (keys.length > 0 && this.chance.below(2) === 0) return this.update('SyncTicks', this.chance.of(keys), ([at, rate, ...more]) => [at, (rate as number) + 0.1, ...more]);
    return [this.insert('SyncTicks', [EPOCH_2020 + BigInt(this.next++), this.chance.below(99) / 3])];
  }

  private recode(): Change[] {
    const key = this.chance.of([...this.tables.get('SyncCodes')!.keys()]);
    return this.update('SyncCodes', key, ([code, , ...more]) => [code, this.chance.below(3) === 0 ? null : BigInt(this.chance.below(1000)), ...more]);
  }

  /** A row that is there and gone within one transaction, and one that is gone and there again. */
  private comeAndGo(): Change[] {
    const fresh = this.freshEntry();
    const keys = [...this.tables.get('SyncEntries')!.keys()];
    const brief = [this.insert('SyncEntries', fresh), ...this.remove('SyncEntries', keyOf('SyncEntries', fresh), fresh)];
    if (keys.length === 0) return brief;
    const key = this.chance.of(keys);
    const row = this.tables.get('SyncEntries')!.get(key)!;
    return [...brief, ...this.remove('SyncEntries', key), this.insert('SyncEntries', [...row.slice(0, 2), 77n, ...row.slice(3)])];
  }

  private insert(name: string, row: readonly KnownValue[]): Change {
    return {
      sql: `INSERT INTO dbo.${name} (${this.namesOf(name).join(', ')}) VALUES (${row.map((value, at) => literal(value, this.columns.get(name)![at][1])).join(', ')})`,
      apply: () => this.tables.get(name)!.set(keyOf(name, row), row),
    };
  }

  private update(name: string, key: string, to: (row: readonly KnownValue[]) => KnownValue[]): Change[] {
    const row = this.tables.get(name)!.get(key)!;
    const changed = to(row);
    const set = this.namesOf(name).map((column, at) => `${column} = ${literal(changed[at], this.columns.get(name)![at][1])}`);
    const moved = set.filter((_each, at) => changed[at] !== row[at]);
    if (moved.length === 0) return [];
    return [{
      sql: `UPDATE dbo.${name} SET ${moved.join(', ')} WHERE ${this.where(name, row)}`,
      apply: () => {
        this.tables.get(name)!.delete(key);
        this.tables.get(name)!.set(keyOf(name, changed), changed);
      },
    }];
  }

  private remove(name: string, key: string, row = this.tables.get(name)!.get(key)!): Change[] {
    return [{ sql: `DELETE FROM dbo.${name} WHERE ${this.where(name, row)}`, apply: () => this.tables.get(name)!.delete(key) }];
  }

  private where(name: string, row: readonly KnownValue[]): string {
    const { keyColumns } = KNOWN_TABLES.find((each) => each.name === name)!;
    return this.namesOf(name).slice(0, keyColumns).map((column, at) => `${column} = ${literal(row[at], this.columns.get(name)![at][1])}`).join(' AND ');
  }

  private namesOf(name: string): string[] {
    return this.columns.get(name)!.map(([column]) => column);
  }

  private async transaction(changes: readonly Change[]): Promise<void> {
    await this.client.batch(`BEGIN TRANSACTION; ${changes.map((change) => change.sql).join('; ')}; COMMIT TRANSACTION`);
    for (const { apply } of changes) apply();
    await this.note();
  }

  /** Keeps the state under the version that it has. */
  private async note(): Promise<void> {
    const { recordset: [{ version }] } = await this.client.query('SELECT CHANGE_TRACKING_CURRENT_VERSION() AS version');
    const state = new Map([...this.tables].map(([name, rows]) => [name, new Map(rows)]));
    this.states.set(BigInt(version), [...this.states.get(BigInt(version)) ?? [], state]);
    this.committed += 1;
  }
}

/** A statement of a transaction, and what it makes of the rows. */
interface Change {
  readonly sql: string;
  readonly apply: () => void;
}

function keyOf(name: string, row: readonly KnownValue[]): string {
  return row.slice(0, KNOWN_TABLES.find((each) => each.name === name)!.keyColumns).join('|');
}

function literal(value: KnownValue, kind: KnownKind): string {
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
