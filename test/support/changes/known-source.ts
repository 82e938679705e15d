import type sql from 'mssql';
import { Chance, EPOCH_2020, keyOf, KNOWN_TABLES, type KnownColumn, type KnownRows, knownTable, type KnownValue, literal, ticks } from './known-tables';
import type { ChangeMark } from '../../../src/contract';

/** What a table held from a point in its history on. */
interface KnownState {
  readonly rows: KnownRows;
  /** Version of Change Tracking. */
  readonly version: bigint;
  /** The last rowversion given out, 16 hexadecimal digits. */
  readonly rowversion: string;
  /** Transactions before it, and it, that changed captured tables. */
  readonly captured: number;
  /** Whether it was made without a version, so that the one before is of this version too. */
  readonly untold: boolean;
}

/** A statement of a transaction, and what it makes of the rows. */
interface Change {
  readonly table: string;
  readonly sql: string;
  readonly apply: () => void;
}

const POSITIONS_SQL = 'SELECT CHANGE_TRACKING_CURRENT_VERSION() AS version, LOWER(CONVERT(varchar(16), CAST(@@DBTS AS binary(8)), 2)) AS row_version';

/** Tables that one writer changes, transaction after transaction, each committed state of which is known. */
export class KnownSource {
  /** Makes the tables and fills them, after their changes are recorded. */
  public static async make(client: sql.ConnectionPool, database: string, seed: number): Promise<KnownSource> {
    const source = new KnownSource(client, new Chance(seed));
    await client.batch(`ALTER DATABASE [${database}] SET ALLOW_SNAPSHOT_ISOLATION ON`);
    await client.batch(`ALTER DATABASE [${database}] SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)`);
    await client.batch('EXEC sys.sp_cdc_enable_db');
    for (const table of KNOWN_TABLES) {
      await client.batch(`CREATE TABLE dbo.${table.name} (${table.definition})`);
      if (table.way === 'changeTracking') await client.batch(`ALTER TABLE dbo.${table.name} ENABLE CHANGE_TRACKING`);
      if (table.way === 'cdc') await client.batch(`EXEC sys.sp_cdc_enable_table @source_schema = N'dbo', @source_name = N'${table.name}', @role_name = NULL`);
      const rows = Array.from({ length: table.rows }, (_each, at) => table.row(source.chance, at));
      await source.transaction(rows.map((row) => source.insert(table.name, row)));
    }
    return source;
  }

  private readonly tables = new Map<string, Map<string, readonly KnownValue[]>>(KNOWN_TABLES.map(({ name }) => [name, new Map()]));
  /** By table, oldest first. */
  private readonly states = new Map<string, KnownState[]>(KNOWN_TABLES.map(({ name }) => [name, []]));
  private readonly columns = new Map(KNOWN_TABLES.map(({ name, columns }) => [name, [...columns]]));
  private next = 1_000;
  private captured = 0;
  /** Transactions that were committed. */
  public committed = 0;

  private constructor(private readonly client: sql.ConnectionPool, private readonly chance: Chance) {}

  /**
   * What a table held at a mark: one state, and one more for each statement since that makes no version, as TRUNCATE. Of a rowversion, which
   * bounds where the next run begins, also each later one.
   */
  public async at(name: string, mark: ChangeMark): Promise<readonly KnownRows[]> {
    const states = this.states.get(name)!;
    const last = states.map(await this.isReached(mark)).lastIndexOf(true);
    if (last < 0) throw new Error(`${name} has no state of mark ${mark.order}`);
    let first = last;
    while (mark.way === 'changeTracking' && states[first].untold && states[first].version === BigInt(mark.order)) first -= 1;
    return states.slice(first, mark.way === 'rowversion' ? undefined : last + 1).map(({ rows }) => rows);
  }

  /** What a table holds now. */
  public newest(name: string): KnownRows {
    return this.tables.get(name)!;
  }

  /** Names and kinds of a table's columns now. */
  public columnsOf(name: string): readonly KnownColumn[] {
    return this.columns.get(name)!;
  }

  /** One transaction of chance. */
  public async write(): Promise<void> {
    const { chance } = this;
    const work = chance.of([
      () => this.transfer(), () => this.transfer(), () => this.pay(), () => this.pay(), () => this.book(), () => this.book(),
      () => this.strike(), () => this.rekey(), () => this.tick(), () => this.recode(), () => this.comeAndGo(), () => this.respell(),
      () => this.record(), () => this.record(), () => this.see(),
    ]);
    const changes = work();
    if (changes.length > 0) await this.transaction(changes);
  }

  /** All rows of a table go at once, which Change Tracking does not tell by row. */
  public async truncate(name: string): Promise<void> {
    await this.client.batch(`TRUNCATE TABLE dbo.${name}`);
    this.tables.get(name)!.clear();
    await this.note([name], true);
  }

  /** Rows get a value that no change tells of. */
  public async addColumn(name: string, column: string, value: bigint): Promise<void> {
    await this.client.batch(`ALTER TABLE dbo.${name} ADD ${column} int NOT NULL DEFAULT ${value}`);
    const rows = this.tables.get(name)!;
    for (const [key, row] of rows) rows.set(key, [...row, value]);
    this.columns.get(name)!.push([column, 'whole']);
    await this.note([name], true);
  }

  private async isReached({ way, order }: ChangeMark): Promise<(state: KnownState) => boolean> {
    if (way === 'changeTracking') return ({ version }) => version <= BigInt(order);
    if (way === 'rowversion') return ({ rowversion }) => rowversion <= order;
    const { recordset: [{ n }] } = await this.client.query(`SELECT COUNT(*) AS n FROM cdc.lsn_time_mapping WHERE start_lsn <= 0x${order} AND tran_id <> 0x00`);
    return ({ captured }) => captured <= Number(n);
  }

  private transfer(): Change[] {
    const ids = [...this.tables.get('SyncAccounts')!.keys()];
    const [from, to] = [this.chance.of(ids), this.chance.of(ids)];
    if (from === to) return [];
    const amount = BigInt(this.chance.below(100_000));
    return [...this.move(from, -amount), ...this.move(to, amount)];
  }

  private move(account: string, by: bigint): Change[] {
    return this.update('SyncAccounts', account, (row) => row.map((value, at) => (at === 1 ? (value as bigint) + by : at === 3 ? ticks(this.chance) : value)));
  }

  /** What leaves an account is in an entry, in the journal, and seen. */
  private pay(): Change[] {
    const account = this.chance.of([...this.tables.get('SyncAccounts')!.keys()]);
    const entry = this.freshEntry();
    const amount = BigInt(this.chance.below(100_000));
    const paid = entry.map((value, at) => (at === 2 ? amount : value));
    return [
      ...this.move(account, -amount), this.insert('SyncEntries', paid),
      ...(this.chance.below(2) === 0 ? [this.insert('SyncJournal', [BigInt(this.next++), amount, 'paid']), this.insert('SyncSeen', [BigInt(this.next++), null])] : []),
    ];
  }

  private book(): Change[] {
    return Array.from({ length: 1 + this.chance.below(4) }, () => this.insert('SyncEntries', this.freshEntry()));
  }

  private freshEntry(): KnownValue[] {
    const { row, columns } = knownTable('SyncEntries');
    const fresh = row(this.chance, this.next++);
    return [...fresh, ...this.columns.get('SyncEntries')!.slice(columns.length).map(() => BigInt(this.chance.below(9)))];
  }

  private strike(): Change[] {
    const name = this.chance.of(['SyncEntries', 'SyncTicks', 'SyncJournal', 'SyncHeap']);
    const keys = [...this.tables.get(name)!.keys()];
    return keys.length < 20 ? [] : this.remove(name, this.chance.of(keys));
  }

  /** A primary key changes in place. */
  private rekey(): Change[] {
    const name = this.chance.of(['SyncEntries', 'SyncJournal']);
    const keys = [...this.tables.get(name)!.keys()];
    if (keys.length === 0) return [];
    const [no, of] = name === 'SyncEntries' ? [BigInt(this.next++) * 3_000_000_007n, 1] : [BigInt(this.next++), 0];
    return this.update(name, this.chance.of(keys), (row) => row.map((value, at) => (at === of ? no : value)));
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

  /** A name is spelled otherwise, in place, or gone and there again: the same key to the source. */
  private respell(): Change[] {
    const key = this.chance.of([...this.tables.get('SyncNames')!.keys()]);
    const row = this.tables.get('SyncNames')!.get(key)!;
    const other = this.chance.of([key.toUpperCase(), key.toLowerCase(), `${key.trimEnd()}  `, key.trimEnd()]);
    if (this.chance.below(2) === 0) return this.update('SyncNames', key, ([, n]) => [other, (n as bigint) + 1n]);
    return [...this.remove('SyncNames', key), this.insert('SyncNames', [other, row[1]])];
  }

  private record(): Change[] {
    const keys = [...this.tables.get('SyncJournal')!.keys()];
    if (keys.length === 0 || this.chance.below(3) === 0) {
      return [this.insert('SyncJournal', knownTable('SyncJournal').row(this.chance, this.next++)), this.insert('SyncHeap', [BigInt(this.next++), null])];
    }
    return this.update('SyncJournal', this.chance.of(keys), ([no, amount, memo]) => [no, (amount as bigint) + 1n, this.chance.below(2) === 0 ? memo : null]);
  }

  private see(): Change[] {
    const key = this.chance.of([...this.tables.get('SyncSeen')!.keys()]);
    return this.update('SyncSeen', key, ([id, n]) => [id, n === null ? BigInt(this.chance.below(1000)) : null]);
  }

  /** A row that is there and gone within one transaction, and one that is gone and there again. */
  private comeAndGo(): Change[] {
    const name = this.chance.of(['SyncEntries', 'SyncJournal']);
    const fresh = name === 'SyncEntries' ? this.freshEntry() : knownTable(name).row(this.chance, this.next++);
    const keys = [...this.tables.get(name)!.keys()];
    const brief = [this.insert(name, fresh), ...this.remove(name, keyOf(name, fresh), fresh)];
    if (keys.length === 0) return brief;
    const key = this.chance.of(keys);
    const row = this.tables.get(name)!.get(key)!;
    const amount = name === 'SyncEntries' ? 2 : 1;
    return [...brief, ...this.remove(name, key), this.insert(name, row.map((value, at) => (at === amount ? 77n : value)))];
  }

  private insert(name: string, row: readonly KnownValue[]): Change {
    return {
      table: name,
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
      table: name,
      sql: `UPDATE dbo.${name} SET ${moved.join(', ')} WHERE ${this.where(name, row)}`,
      apply: () => {
        this.tables.get(name)!.delete(key);
        this.tables.get(name)!.set(keyOf(name, changed), changed);
      },
    }];
  }

  private remove(name: string, key: string, row = this.tables.get(name)!.get(key)!): Change[] {
    return [{ table: name, sql: `DELETE FROM dbo.${name} WHERE ${this.where(name, row)}`, apply: () => this.tables.get(name)!.delete(key) }];
  }

  private where(name: string, row: readonly KnownValue[]): string {
    return this.namesOf(name).slice(0, knownTable(name).keyColumns).map((column, at) => `${column} = ${literal(row[at], this.columns.get(name)![at][1])}`).join(' AND ');
  }

  private namesOf(name: string): string[] {
    return this.columns.get(name)!.map(([column]) => column);
  }

  private async transaction(changes: readonly Change[]): Promise<void> {
    await this.client.batch(`BEGIN TRANSACTION; ${changes.map((change) => change.sql).join('; ')}; COMMIT TRANSACTION`);
    for (const { apply } of changes) apply();
    const tables = [...new Set(changes.map(({ table }) => table))];
    if (tables.some((name) => knownTable(name).way === 'cdc')) this.captured += 1;
    await this.note(tables);
  }

  /** Keeps what tables hold now. */
  private async note(tables: readonly string[], untold = false): Promise<void> {
    const { recordset: [{ version, row_version: rowversion }] } = await this.client.query(POSITIONS_SQL);
    const { captured } = this;
    const position = { version: BigInt(version), rowversion, captured, untold };
    for (const name of tables) this.states.get(name)!.push({ rows: new Map(this.tables.get(name)), ...position });
    this.committed += 1;
  }
}
