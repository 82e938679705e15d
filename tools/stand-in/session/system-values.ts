import { SessionState } from './session-state';
import { rowVersionBytes } from '../engine/changes/database-changes';
import type { DatabaseEngine } from '../engine/database-engine';
import { StorageValue } from '../sql/binder/bound';
import { BIGINT, INT, SqlType, VARIANT, nvarchar, varchar } from '../sql/types';

export const VERSION_TEXT = `Microsoft SQL Server 2022 (stand-in) - 16.0.4181.5 (X64)
\tNot Microsoft's product: a stand-in for development and tests over DuckDB`;

type SystemValue = { type: SqlType; value: StorageValue };

const text = (value: string | null, length = 128): SystemValue => ({ type: nvarchar(length), value });
const int = (value: number | null): SystemValue => ({ type: INT, value: value === null ? null : String(value) });

/** SERVERPROPERTY by name; the values are sql_variant, kept as `declaration|text`. */
export const SERVER_PROPERTIES: Record<string, string> = {
  productlevel: 'nvarchar(128)|RTM',
  edition: 'nvarchar(128)|Developer Edition (64-bit)',
  editionid: 'bigint|-2117995310',
  servername: 'nvarchar(128)|STAND-IN',
  machinename: 'nvarchar(128)|STAND-IN',
  collation: 'nvarchar(128)|SQL_Latin1_General_CP1_CI_AS',
  isclustered: 'int|0',
  ishadrenabled: 'int|0',
  isintegratedsecurityonly: 'int|0',
  issingleuser: 'int|0',
  isfulltextinstalled: 'int|0',
  licensetype: 'nvarchar(128)|DISABLED',
  sqlcharset: 'tinyint|1',
  sqlcharsetname: 'nvarchar(128)|iso_1',
  sqlsortorder: 'tinyint|52',
  sqlsortordername: 'nvarchar(128)|nocase_iso',
  lcid: 'int|1033',
  comparisonstyle: 'int|196609',
};

/** Of @@DBTS and MIN_ACTIVE_ROWVERSION. */
const ROW_VERSION: SqlType = { name: 'binary', length: 8 };

type Reader = (session: SessionState, args: ReadonlyArray<string | null>) => SystemValue | undefined;

/** `@@x` variables and functions of no columns: what the server and the session say of themselves; undefined where the catalog tells it. */
export const SYSTEM_VALUES: { readonly [name: string]: Reader | undefined } = {
  '@@VERSION': () => text(VERSION_TEXT, 300),
  '@@SPID': (session) => ({ type: { name: 'smallint' }, value: String(session.spid) }),
  '@@TRANCOUNT': (session) => int(session.transactionCount),
  '@@ROWCOUNT': (session) => int(Number(session.rowCount)),
  'ROWCOUNT_BIG': (session) => ({ type: BIGINT, value: String(session.rowCount) }),
  '@@ERROR': (session) => int(session.lastError),
  '@@IDENTITY': (session) => ({ type: { name: 'numeric', precision: 38, scale: 0 }, value: session.identity }),
  'SCOPE_IDENTITY': (session) => ({ type: { name: 'numeric', precision: 38, scale: 0 }, value: session.identity }),
  '@@SERVERNAME': () => text('STAND-IN'),
  '@@SERVICENAME': () => text('MSSQLSERVER'),
  '@@LANGUAGE': () => text('us_english'),
  '@@LANGID': () => ({ type: { name: 'smallint' }, value: '0' }),
  '@@DATEFIRST': () => ({ type: { name: 'tinyint' }, value: '7' }),
  '@@MAX_PRECISION': () => ({ type: { name: 'tinyint' }, value: '38' }),
  '@@MICROSOFTVERSION': () => int(0x10001055),
  '@@OPTIONS': () => int(5496),
  '@@LOCK_TIMEOUT': (session) => int(Number(session.options.get('LOCK_TIMEOUT') ?? -1)),
  '@@TEXTSIZE': (session) => int(Number(session.options.get('TEXTSIZE') ?? 2147483647)),
  '@@NESTLEVEL': () => int(0),
  '@@PROCID': () => int(0),
  '@@MAX_CONNECTIONS': () => int(32767),
  '@@DBTS': ({ database }) => ({ type: ROW_VERSION, value: rowVersionBytes(database.changes.rowVersion) }),
  'MIN_ACTIVE_ROWVERSION': ({ database }) => ({ type: ROW_VERSION, value: rowVersionBytes(database.changes.minActiveRowVersion()) }),
  'DB_NAME': (session, args) => args.length === 0 ? text(session.database.name) : undefined,
  'DB_ID': (session, args) => args.length === 0 ? { type: { name: 'smallint' }, value: String(session.database.id) } : undefined,
  'ORIGINAL_DB_NAME': (session) => text(session.database.name),
  'SCHEMA_NAME': (_session, args) => args.length === 0 ? text('dbo') : undefined,
  'SCHEMA_ID': (_session, args) => args.length === 0 ? int(1) : undefined,
  'SUSER_SNAME': (session) => text(session.login.user),
  'SUSER_NAME': (session) => text(session.login.user),
  'ORIGINAL_LOGIN': (session) => text(session.login.user),
  'SYSTEM_USER': (session) => text(session.login.user),
  'USER': (session) => text(session.login.denySelect ? session.login.user : 'dbo'),
  'USER_NAME': (session) => text(session.login.denySelect ? session.login.user : 'dbo'),
  'CURRENT_USER': (session) => text(session.login.denySelect ? session.login.user : 'dbo'),
  'SESSION_USER': (session) => text(session.login.denySelect ? session.login.user : 'dbo'),
  'HOST_NAME': (session) => text(session.client.hostName),
  'APP_NAME': (session) => text(session.client.appName),
  'PROGRAM_NAME': (session) => text(session.client.appName),
  'HOST_ID': () => ({ type: varchar(10), value: '1' }),
  'XACT_STATE': (session) => ({ type: { name: 'smallint' }, value: session.inTransaction ? '1' : '0' }),
  'CURRENT_TRANSACTION_ID': (session) => ({ type: BIGINT, value: String(session.transactionId) }),
  'IS_SRVROLEMEMBER': (session) => int(session.login.denySelect ? 0 : 1),
  'IS_MEMBER': (session) => int(session.login.denySelect ? 0 : 1),
  'IS_ROLEMEMBER': (session) => int(session.login.denySelect ? 0 : 1),
  // Other permissions are the catalog's to tell, by the table.
  'HAS_PERMS_BY_NAME': (session, args) => {
    switch ((args[2] ?? '').toUpperCase()) {
      case 'UNMASK': return int(session.login.unmask === false ? 0 : 1);
      case 'VIEW DEFINITION':
      case 'ALTER ANY SECURITY POLICY': return args.length === 3 ? int(session.login.viewDefinition === false ? 0 : 1) : undefined;
      case 'VIEW SERVER STATE':
      case 'VIEW SERVER PERFORMANCE STATE':
      case 'VIEW DATABASE PERFORMANCE STATE':
      case 'VIEW DATABASE STATE': return int(session.login.viewServerState === false ? 0 : 1);
      case 'ALTER ANY CONNECTION':
      case 'KILL DATABASE CONNECTION': return int(session.login.alterAnyConnection === false ? 0 : 1);
      default: return undefined;
    }
  },
  'SERVERPROPERTY': (session, [first]) => ({ type: VARIANT, value: serverProperty(session, (first ?? '').toLowerCase()) }),
  'DATABASEPROPERTYEX': (session, [first, second]) => ({ type: VARIANT, value: databaseProperty(session, first, second) }),
  'CONNECTIONPROPERTY': (_session, [first]) => ({ type: VARIANT, value: connectionProperty(first) }),
  'SESSIONPROPERTY': () => ({ type: VARIANT, value: 'int|1' }),
  'CURRENT_TIMEZONE': () => ({ type: varchar(128), value: '(UTC) Coordinated Universal Time' }),
  'ERROR_NUMBER': (session) => int(session.caught?.number ?? null),
  'ERROR_SEVERITY': (session) => int(session.caught?.severity ?? null),
  'ERROR_STATE': (session) => int(session.caught?.state ?? null),
  'ERROR_LINE': (session) => int(session.caught?.line ?? null),
  'ERROR_MESSAGE': (session) => text(session.caught?.message ?? null, 4000),
  'ERROR_PROCEDURE': (session) => text(session.caught?.procedure || null),
};

export function systemValue(session: SessionState, name: string, args: ReadonlyArray<string | null>): SystemValue | undefined {
  return SYSTEM_VALUES[name.toUpperCase()]?.(session, args);
}

/** Properties of the product that the server is started as. */
export const PRODUCT_PROPERTIES: Record<string, (engine: DatabaseEngine) => string> = {
  engineedition: ({ engineEdition }) => `int|${engineEdition}`,
  productversion: ({ product }) => `nvarchar(128)|${product.productVersion}`,
  productmajorversion: ({ product }) => `nvarchar(128)|${product.productVersion.split('.')[0]}`,
  productminorversion: ({ product }) => `nvarchar(128)|${product.productVersion.split('.')[1]}`,
  productbuild: ({ product }) => `nvarchar(128)|${product.productVersion.split('.')[2]}`,
};

function serverProperty({ engine }: SessionState, name: string): string | null {
  return PRODUCT_PROPERTIES[name]?.(engine) ?? SERVER_PROPERTIES[name] ?? null;
}

function databaseProperty(session: SessionState, name: string | null, property: string | null): string | null {
  const database = session.engine.catalog.database(name ?? '');
  if (!database) {
    return null;
  }
  switch ((property ?? '').toLowerCase()) {
    case 'collation': return `nvarchar(128)|${database.collation}`;
    case 'status': return 'nvarchar(128)|ONLINE';
    case 'updateability': return `nvarchar(128)|${database.sourceDatabaseId === undefined && !(session.client.readOnlyIntent && database.readableSecondary) ? 'READ_WRITE' : 'READ_ONLY'}`;
    case 'useraccess': return 'nvarchar(128)|MULTI_USER';
    case 'recovery': return 'nvarchar(128)|SIMPLE';
    case 'version': return 'int|957';
    default: return null;
  }
}

function connectionProperty(property: string | null): string | null {
  switch ((property ?? '').toLowerCase()) {
    case 'net_transport':
    case 'physical_net_transport': return 'nvarchar(40)|TCP';
    case 'protocol_type': return 'nvarchar(40)|TSQL';
    case 'auth_scheme': return 'nvarchar(40)|SQL';
    case 'local_net_address':
    case 'client_net_address': return 'varchar(48)|127.0.0.1';
    default: return null;
  }
}
