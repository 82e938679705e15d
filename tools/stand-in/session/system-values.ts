import { SessionState } from './session-state';
import { StorageValue } from '../sql/binder/bound';
import { BIGINT, INT, SqlType, VARIANT, nvarchar, varchar } from '../sql/types';

export const VERSION_TEXT = `Microsoft SQL Server 2022 (stand-in) - 16.0.4181.5 (X64)
\tNot Microsoft's product: a stand-in for development and tests over DuckDB`;
export const PRODUCT_VERSION = '16.0.4181.5';

type SystemValue = { type: SqlType; value: StorageValue };

const text = (value: string | null, length = 128): SystemValue => ({ type: nvarchar(length), value });
const int = (value: number | null): SystemValue => ({ type: INT, value: value === null ? null : String(value) });

/** SERVERPROPERTY by name; the values are sql_variant, kept as `declaration|text`. */
const SERVER_PROPERTIES: Record<string, string> = {
  productversion: `nvarchar(128)|${PRODUCT_VERSION}`,
  productlevel: 'nvarchar(128)|RTM',
  productmajorversion: 'nvarchar(128)|16',
  productminorversion: 'nvarchar(128)|0',
  productbuild: 'nvarchar(128)|4181',
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

/** `@@x` variables and functions of no columns: what the server and the session say of themselves. */
export function systemValue(session: SessionState, name: string, args: Array<string | null>): SystemValue | undefined {
  const [first, second] = args;
  switch (name.toUpperCase()) {
    case '@@VERSION': return text(VERSION_TEXT, 300);
    case '@@SPID': return { type: { name: 'smallint' }, value: String(session.spid) };
    case '@@TRANCOUNT': return int(session.transactionCount);
    case '@@ROWCOUNT': return int(Number(session.rowCount));
    case 'ROWCOUNT_BIG': return { type: BIGINT, value: String(session.rowCount) };
    case '@@ERROR': return int(session.lastError);
    case '@@IDENTITY':
    case 'SCOPE_IDENTITY': return { type: { name: 'numeric', precision: 38, scale: 0 }, value: session.identity };
    case '@@SERVERNAME': return text('STAND-IN');
    case '@@SERVICENAME': return text('MSSQLSERVER');
    case '@@LANGUAGE': return text('us_english');
    case '@@LANGID': return { type: { name: 'smallint' }, value: '0' };
    case '@@DATEFIRST': return { type: { name: 'tinyint' }, value: '7' };
    case '@@MAX_PRECISION': return { type: { name: 'tinyint' }, value: '38' };
    case '@@MICROSOFTVERSION': return int(0x10001055);
    case '@@OPTIONS': return int(5496);
    case '@@LOCK_TIMEOUT': return int(Number(session.options.get('LOCK_TIMEOUT') ?? -1));
    case '@@TEXTSIZE': return int(Number(session.options.get('TEXTSIZE') ?? 2147483647));
    case '@@NESTLEVEL': return int(0);
    case '@@PROCID': return int(0);
    case '@@MAX_CONNECTIONS': return int(32767);
    case 'DB_NAME': return args.length === 0 ? text(session.database.name) : undefined;
    case 'DB_ID': return args.length === 0 ? { type: { name: 'smallint' }, value: String(session.database.id) } : undefined;
    case 'ORIGINAL_DB_NAME': return text(session.database.name);
    case 'SCHEMA_NAME': return args.length === 0 ? text('dbo') : undefined;
    case 'SCHEMA_ID': return args.length === 0 ? int(1) : undefined;
    case 'SUSER_SNAME':
    case 'SUSER_NAME':
    case 'ORIGINAL_LOGIN':
    case 'SYSTEM_USER': return text(session.login.user);
    case 'USER':
    case 'USER_NAME':
    case 'CURRENT_USER':
    case 'SESSION_USER': return text(session.login.denySelect ? session.login.user : 'dbo');
    case 'HOST_NAME': return text(session.client.hostName);
    case 'APP_NAME':
    case 'PROGRAM_NAME': return text(session.client.appName);
    case 'HOST_ID': return { type: varchar(10), value: '1' };
    case 'XACT_STATE': return { type: { name: 'smallint' }, value: session.inTransaction ? '1' : '0' };
    case 'CURRENT_TRANSACTION_ID': return { type: BIGINT, value: String(session.transactionId) };
    case 'IS_SRVROLEMEMBER':
    case 'IS_MEMBER':
    case 'IS_ROLEMEMBER': return int(session.login.denySelect ? 0 : 1);
    // Other permissions are the catalog's to tell, by the table.
    case 'HAS_PERMS_BY_NAME': return (args[2] ?? '').toUpperCase() === 'UNMASK' ? int(session.login.unmask === false ? 0 : 1) : undefined;
    case 'SERVERPROPERTY': return { type: VARIANT, value: serverProperty(session, (first ?? '').toLowerCase()) };
    case 'DATABASEPROPERTYEX': return { type: VARIANT, value: databaseProperty(session, first, second) };
    case 'CONNECTIONPROPERTY': return { type: VARIANT, value: connectionProperty(first) };
    case 'SESSIONPROPERTY': return { type: VARIANT, value: 'int|1' };
    case 'CURRENT_TIMEZONE': return { type: varchar(128), value: '(UTC) Coordinated Universal Time' };
    case 'ERROR_NUMBER': return int(session.caught?.number ?? null);
    case 'ERROR_SEVERITY': return int(session.caught?.severity ?? null);
    case 'ERROR_STATE': return int(session.caught?.state ?? null);
    case 'ERROR_LINE': return int(session.caught?.line ?? null);
    case 'ERROR_MESSAGE': return text(session.caught?.message ?? null, 4000);
    case 'ERROR_PROCEDURE': return text(session.caught?.procedure || null);
    default: return undefined;
  }
}

function serverProperty({ engine }: SessionState, name: string): string | null {
  return name === 'engineedition' ? `int|${engine.engineEdition}` : SERVER_PROPERTIES[name] ?? null;
}

function databaseProperty(session: SessionState, name: string | null, property: string | null): string | null {
  const database = session.engine.catalog.database(name ?? '');
  if (!database) {
    return null;
  }
  switch ((property ?? '').toLowerCase()) {
    case 'collation': return `nvarchar(128)|${database.collation}`;
    case 'status': return 'nvarchar(128)|ONLINE';
    case 'updateability': return `nvarchar(128)|${database.sourceDatabaseId === undefined ? 'READ_WRITE' : 'READ_ONLY'}`;
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
