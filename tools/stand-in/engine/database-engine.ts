import { DuckDBBlobValue, DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { Catalog, ColumnEntry, DatabaseEntry, TableEntry } from './catalog';
import { captureSql, captureTable, logTable } from './changes/capture-tables';
import { commitTable, registerChangeFunctions } from './changes/change-functions';
import { TableLocks } from './changes/table-locks';
import { duckTableName, quoteName, quoteText } from './identifiers';
import { MACROS } from './macros';
import { partitionNumber, Partitioning } from './partitioning';
import { registerScalarFunctions } from './scalar-functions';
import { SERVER_PRODUCTS, type ServerProduct } from './server-product';
import { Sessions } from './sessions';
import { viewColumns, viewsWithout, type SystemView } from './system-views';
import { type Cell } from './system-views/system-view';
import { family, storageType } from '../sql/types';

/** System databases in the order of their ids. */
const SYSTEM_DATABASES = ['master', 'tempdb', 'model', 'msdb'];

/** The DuckDB instance, the data dictionary, and what keeps the two together. */
export class DatabaseEngine {
  static async create(options: { threads?: number; memoryLimit?: string; product?: ServerProduct; created: Date }): Promise<DatabaseEngine> {
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(options.threads ?? 2),
      ...(options.memoryLimit ? { memory_limit: options.memoryLimit } : {}),
    });
    const connection = await instance.connect();
    const engine = new DatabaseEngine(instance, connection, options.created, options.product ?? SERVER_PRODUCTS.sqlServer2022);
    await connection.run("SET TimeZone = 'UTC'");
    registerScalarFunctions(connection);
    registerChangeFunctions(connection, engine.catalog);
    for (const macro of MACROS) {
      await connection.run(`CREATE MACRO ${macro}`);
    }
    for (const name of SYSTEM_DATABASES) {
      await engine.createDatabase(name);
    }
    return engine;
  }

  readonly catalog = new Catalog();
  readonly sessions = new Sessions();
  readonly locks = new TableLocks();
  /** Views of the system catalog that each database has: those of the product that made it. */
  private readonly views = new Map<DatabaseEntry, readonly SystemView[]>();
  /** Version of the dictionary each database's system tables were filled from. */
  private readonly filled = new Map<DatabaseEntry, number>();
  /** Version of the sessions that each database's views of them were filled from. */
  private readonly filledSessions = new Map<DatabaseEntry, number>();
  private working: Promise<void> = Promise.resolve();

  private constructor(
    private readonly instance: DuckDBInstance, private readonly own: DuckDBConnection, readonly created: Date, public product: ServerProduct,
  ) {}

  /** SERVERPROPERTY('EngineEdition'): 3 for SQL Server itself, 5 for Azure SQL Database, 8 for Azure SQL Managed Instance. */
  get engineEdition(): number {
    return this.product.engineEdition;
  }

  set engineEdition(engineEdition: number) {
    this.product = { ...this.product, engineEdition };
  }

  async connect(): Promise<DuckDBConnection> {
    return this.instance.connect();
  }

  close(): void {
    this.own.closeSync();
    this.instance.closeSync();
  }

  async createDatabase(name: string, created = this.created, sourceDatabaseId?: number): Promise<DatabaseEntry> {
    await this.own.run(`ATTACH ':memory:' AS ${quoteName(name)}`);
    const database = this.catalog.add(name, created, sourceDatabaseId);
    const views = viewsWithout(this.product.without);
    this.views.set(database, views);
    await this.own.run(`CREATE SCHEMA IF NOT EXISTS ${quoteName(name)}.dbo`);
    await this.own.run(`CREATE SCHEMA ${quoteName(name)}.sys`);
    await this.own.run(`CREATE SCHEMA ${quoteName(name)}.standard_schema`);
    await this.own.run(`CREATE TABLE ${commitTable(name)}(commit_ts BIGINT, transaction_id BIGINT, commit_time BIGINT)`);
    for (const view of views) {
      const columns = viewColumns(view);
      const duckName = duckTableName(name, view.schema, view.name);
      if (view.query) {
        const query = view.query.replaceAll('{dbtext}', quoteText(name)).replaceAll('{db}', quoteName(name));
        await this.own.run(`CREATE VIEW ${duckName}(${columns.map((column) => quoteName(column.name)).join(', ')}) AS ${query}`);
      } else {
        await this.own.run(`CREATE TABLE ${duckName}(${columns.map((column) => `${quoteName(column.name)} ${storageType(column.type)}`).join(', ')})`);
      }
      database.put({
        objectId: -database.newObjectId(), database: name, schema: view.schema, name: view.name, kind: 'S', columns, indexes: [], foreignKeys: [], duckName, created: this.created,
      });
    }
    return database;
  }

  /** A copy of the tables as one DuckDB transaction sees them; SQL Server would copy pages when they change. */
  async createSnapshot(name: string, source: DatabaseEntry): Promise<void> {
    await this.alone(async () => {
      const snapshot = await this.createDatabase(name, new Date(), source.id);
      const connection = await this.connect();
      try {
        await connection.run('BEGIN TRANSACTION');
        for (const schema of source.schemas.filter((each) => !snapshot.schema(each.name))) {
          await connection.run(`CREATE SCHEMA ${quoteName(name)}.${quoteName(schema.name)}`);
          snapshot.addSchema(schema.name);
        }
        for (const table of source.userTables()) {
          const duckName = duckTableName(name, table.schema, table.name);
          await connection.run(`CREATE TABLE ${duckName} AS SELECT * FROM ${table.duckName}`);
          snapshot.put({ ...table, database: name, duckName });
        }
        source.views().forEach((view) => snapshot.put({ ...view, database: name }));
        await connection.run('COMMIT');
      } finally {
        connection.closeSync();
      }
    });
  }

  /**
   * What a restore from a backup leaves of Change Tracking: another recovery fork, and the version of then; what was committed since is not
   * told any more. Rows stay as they are, and are the test's to put back.
   */
  async restoreVersion(database: DatabaseEntry, version: number): Promise<void> {
    await database.changes.alone(async () => this.alone(async () => {
      await this.own.run(`DELETE FROM ${commitTable(database.name)} WHERE commit_ts > ${version}`);
      database.changes.version = BigInt(version);
      database.restored();
    }));
  }

  /**
   * Runs the capture job of a database once, where `changes.capture.automatic` was switched off.
   *
   * @param commits how many of the commits it has not read it takes over; all by default. Where there are none it tells that it has come
   *   this far, with an entry of no transaction ("cdc.lsn_time_mapping": tran_id 0)
   */
  async runCapture(database: DatabaseEntry, commits?: number): Promise<void> {
    const { name, changes } = database;
    // The own connection may be in a transaction that refills the system tables, and is rolled back when that fails.
    await changes.alone(async () => this.alone(async () => {
      const mapping = captureTable(name, 'lsn_time_mapping');
      const condition = commits === undefined ? 'true'
        : `l.lsn IN (SELECT lsn FROM ${logTable(name)} WHERE lsn > coalesce((SELECT max(start_lsn) FROM ${mapping}), ''::BLOB) ORDER BY lsn LIMIT ${commits})`;
      const { rowsChanged } = await this.own.run(captureSql(name, condition));
      if (rowsChanged === 0 && commits === undefined) {
        await this.own.run(`INSERT INTO ${mapping} SELECT $1, t, t, '\\x00'::BLOB, $1, NULL FROM (SELECT round_datetime(now_ticks()) AS t)`,
          [new DuckDBBlobValue(changes.capture!.nextLsn())]);
      }
    }));
  }

  async dropDatabase(name: string): Promise<void> {
    await this.own.run(`DETACH ${quoteName(name)}`);
    this.catalog.remove(name);
  }

  /** Brings a database's system tables up to date with the dictionary. One caller at a time fills them. */
  async refreshSystemViews(database: DatabaseEntry): Promise<void> {
    await this.alone(async () => {
      const version = this.version(database);
      // Rows of partitions are counted, which no change of the dictionary tells.
      if (this.filled.get(database) !== version || database.userTables().some(({ partitioning }) => partitioning)) {
        await this.fill(database);
        this.filled.set(database, version);
      }
      const { version: sessions } = this.sessions;
      if (this.filledSessions.get(database) !== sessions) {
        await this.write(database, this.views.get(database)!.flatMap((view) => (
          view.sessionRows ? [[view, view.sessionRows(this.sessions.all())] as const] : []
        )));
        this.filledSessions.set(database, sessions);
      }
    });
  }

  /** The engine's own connection takes one transaction after the other. */
  private async alone(work: () => Promise<void>): Promise<void> {
    const previous = this.working;
    this.working = previous.catch(() => undefined).then(work);
    await this.working;
  }

  /** sys.databases lists every database, so each one's change counts for all. */
  private version(database: DatabaseEntry): number {
    return database.version * 1_000_003 + this.catalog.all().reduce((sum, each) => sum + each.id + (each.snapshotIsolation ? 1000 : 0), 0);
  }

  private async countPartitions(partitioning: Partitioning, duckName: string): Promise<void> {
    const { scheme: { partitionFunction }, column } = partitioning;
    const reader = await this.own.runAndReadAll(`SELECT ${partitionNumber(quoteName(column), partitionFunction)}, count(*) FROM ${duckName} GROUP BY 1`);
    const counts = new Map(reader.getRows().map(([partition, rows]) => [Number(partition), BigInt(String(rows))]));
    partitioning.rows = Array.from({ length: partitionFunction.boundaries.length + 1 }, (_, at) => counts.get(at + 1) ?? 0n);
  }

  private async fill(database: DatabaseEntry): Promise<void> {
    for (const { partitioning, duckName } of database.userTables()) {
      if (partitioning) {
        await this.countPartitions(partitioning, duckName);
      }
    }
    const isFirst = !this.filled.has(database);
    await this.write(database, this.views.get(database)!.flatMap((view) => (
      view.rows ? [[view, [...isFirst ? view.systemRows?.(database) ?? [] : [], ...view.rows(database, this.catalog)]] as const] : []
    )));
  }

  /** Rows of a view that is read as it is, in DuckDB SQL; undefined of any other. */
  liveView({ database, schema, name }: TableEntry): string | undefined {
    const entry = this.catalog.database(database)!;
    const view = this.views.get(entry)!.find((each) => each.live && each.name === name && each.schema === schema);
    if (!view) {
      return undefined;
    }
    const columns = viewColumns(view);
    // As JSON: of ten thousand rows, values in SQL take a statement half a second.
    const rows = view.rows!(entry, this.catalog).map((row) => row.map((value) => (value === null ? null : String(value))));
    const cells = columns.map(({ name: column, type }, at) => `CAST(r[${at + 1}] AS ${storageType(type)}) AS ${quoteName(column)}`).join(', ');
    return `SELECT ${cells} FROM (SELECT unnest(from_json(${quoteText(JSON.stringify(rows))}, '[["VARCHAR"]]')) AS r)`;
  }

  /** Puts the rows of views in place of those that they had. */
  private async write(database: DatabaseEntry, views: ReadonlyArray<readonly [SystemView, readonly Cell[][]]>): Promise<void> {
    const statements = ['BEGIN TRANSACTION'];
    for (const [view, rows] of views) {
      const duckName = duckTableName(database.name, view.schema, view.name);
      const columns = viewColumns(view);
      // The system's own objects, whose ids are negative, stay as they are.
      statements.push(`DELETE FROM ${duckName}${view.systemRows ? ' WHERE object_id > 0' : ''}`);
      for (let start = 0; start < rows.length; start += 1000) {
        const tuples = rows.slice(start, start + 1000).map((row) =>
          `(${row.map((cell, at) => literal(cell, columns[at])).join(',')})`);
        statements.push(`INSERT INTO ${duckName} VALUES ${tuples.join(',')}`);
      }
    }
    statements.push('COMMIT');
    try {
      for (const statement of statements) {
        await this.own.run(statement);
      }
    } catch (error) {
      await this.own.run('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }
}

/** A cell of a view in DuckDB SQL. */
function literal(cell: Cell, { type }: ColumnEntry): string {
  return cell === null ? 'NULL' : typeof cell === 'string' && family(type) !== 'binary' ? quoteText(cell) : String(cell);
}
