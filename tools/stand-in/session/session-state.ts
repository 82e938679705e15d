import { DuckDBConnection } from '@duckdb/node-api';
import { TrackedTransaction } from './changes/tracked-transaction';
import { DatabaseEntry, TableEntry } from '../engine/catalog';
import { DatabaseEngine } from '../engine/database-engine';
import { Variable } from '../sql/binder/bound';
import { SqlError } from '../sql/errors';

/** A login of the stand-in and what it may not do. */
export interface LoginAccount {
  readonly user: string;
  readonly password: string;
  /** Tables, `schema.name`, that the login may not read; it may do everything else. */
  readonly denySelect?: readonly string[];
  /** Tables, `schema.name`, on which the login lacks VIEW CHANGE TRACKING. */
  readonly denyChangeTracking?: readonly string[];
  /** Whether HAS_PERMS_BY_NAME tells that the login sees through masks. @default true */
  readonly unmask?: boolean;
  /** Whether the login has VIEW DEFINITION of the database; without it security policies are not told. @default true */
  readonly viewDefinition?: boolean;
  /** Whether the login has VIEW SERVER STATE; without it it sees its own session alone. @default true */
  readonly viewServerState?: boolean;
  /** Whether the login has ALTER ANY CONNECTION, which KILL asks for. @default true */
  readonly alterAnyConnection?: boolean;
}

/** A statement that sp_prepare keeps. */
export interface PreparedStatement {
  readonly text: string;
  readonly parameters: string;
}

/** What a client says of itself, and how it came. */
export interface ClientFacts {
  readonly hostName: string;
  readonly appName: string;
  readonly encrypted: boolean;
  readonly readOnlyIntent?: boolean;
}

/** Everything one connection keeps between its requests. */
export class SessionState {
  database: DatabaseEntry;
  /** Variables of the batch that runs. */
  variables = new Map<string, Variable>();
  readonly temporaryTables = new Map<string, TableEntry>();
  readonly prepared = new Map<number, PreparedStatement>();
  /** SET options by name, as `ON`, `OFF` or their value. */
  readonly options = new Map<string, string>();
  isolationLevel = 'READ COMMITTED';
  transactionCount = 0;
  transactionId = 0n;
  /** Whether a statement of the open transaction has read or changed rows. */
  touched = false;
  /** What the open transaction, or the statement that is one, changed of tables that are followed. */
  tracked: TrackedTransaction | undefined;
  /** Versions of the databases' dictionaries when the transaction began. */
  beganWith = new Map<DatabaseEntry, number>();
  /** Restores the dictionary when the open transaction is rolled back. */
  undoDefinitions: Array<() => void> = [];
  /** The open transaction has created, altered or dropped something. */
  changedDefinitions = false;
  rowCount = 0n;
  lastError = 0;
  /** The error a CATCH block is handling. */
  caught: SqlError | undefined;
  identity: string | null = null;
  cancelled = false;
  packetSize = 4096;
  private handles = 0;

  constructor(
    readonly engine: DatabaseEngine,
    readonly connection: DuckDBConnection,
    readonly spid: number,
    readonly login: LoginAccount,
    readonly client: ClientFacts,
    database: DatabaseEntry,
  ) {
    this.database = database;
  }

  get inTransaction(): boolean {
    return this.transactionCount > 0;
  }

  /** Whether it was sent to a readable secondary of its database. */
  get isOnSecondary(): boolean {
    return this.client.readOnlyIntent === true && this.database.readableSecondary;
  }

  get databaseName(): string {
    return this.database.name;
  }

  isOn(option: string): boolean {
    return this.options.get(option) === 'ON';
  }

  newHandle(): number {
    this.handles += 1;
    return this.handles;
  }
}
