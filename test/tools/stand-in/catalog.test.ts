import mssql from 'mssql';
import { withPool } from './mssql-client';
import { running, withStandIn } from './running';
import { SERVER_PRODUCTS } from '../../../tools/stand-in';

const own = running({ transactions: 200 });

const query = async (sql: string) => (await own.pool.request().query(sql)).recordset as unknown[];

const COLUMNS = `
  SELECT c.name, TYPE_NAME(c.user_type_id) AS type, c.max_length, c.precision, c.scale, c.is_nullable, c.is_identity, c.is_computed, c.collation_name
  FROM sys.columns AS c JOIN sys.tables AS t ON t.object_id = c.object_id JOIN sys.schemas AS s ON s.schema_id = t.schema_id
  WHERE s.name = N'dbo' AND t.name = N'Accounts' ORDER BY c.column_id`;

test('columns have the declared types', async () => {
  const collation = 'SQL_Latin1_General_CP1_CI_AS';
  const column = (name: string, type: string, max_length: number, precision: number, scale: number, more: object = {}) =>
    ({ name, type, max_length, precision, scale, is_nullable: false, is_identity: false, is_computed: false, collation_name: null, ...more });
  expect(await query(COLUMNS)).toEqual([
    column('AccountId', 'int', 4, 10, 0),
    column('CustomerId', 'int', 4, 10, 0),
    column('BranchCode', 'char', 4, 0, 0, { is_nullable: true, collation_name: collation }),
    column('Iban', 'varchar', 34, 0, 0, { collation_name: collation }),
    column('Currency', 'char', 3, 0, 0, { collation_name: collation }),
    column('Balance', 'money', 8, 19, 4),
    column('Overdraft', 'smallmoney', 4, 10, 4, { is_nullable: true }),
    column('InterestRate', 'real', 4, 24, 0, { is_nullable: true }),
    column('OpenedAt', 'datetime', 8, 23, 3),
    column('ReviewedAt', 'smalldatetime', 4, 16, 0, { is_nullable: true }),
    column('ClosedAt', 'datetimeoffset', 9, 30, 3, { is_nullable: true }),
    column('Status', 'varchar', 12, 0, 0, { collation_name: collation }),
    column('Available', 'money', 8, 19, 4, { is_computed: true }),
  ]);
});

test('the same query written another way, with another WHERE, is executed, not recognised', async () => {
  const reformatted = `select [c].[name], ty.[name] as [type]
    from LegacyLedger.sys.columns [c] inner join sys.types ty on ty.user_type_id = [c].user_type_id
    /* only what can be NULL */ where c.object_id = object_id('[dbo].[Accounts]') and c.is_nullable = 1 and c.[column_id] > 7 order by [c].[column_id] desc`;
  expect(await query(reformatted)).toEqual([
    { name: 'ClosedAt', type: 'datetimeoffset' },
    { name: 'ReviewedAt', type: 'smalldatetime' },
    { name: 'InterestRate', type: 'real' },
  ]);
});

test('keys and indexes with their columns in key order', async () => {
  expect(await query(`
    SELECT i.name, i.type_desc, i.is_unique, i.is_primary_key, STRING_AGG(CONCAT(c.name, CASE WHEN ic.is_descending_key = 1 THEN ' DESC' ELSE '' END,
      CASE WHEN ic.is_included_column = 1 THEN ' (included)' ELSE '' END), ', ') WITHIN GROUP (ORDER BY ic.index_column_id) AS columns
    FROM sys.indexes i
    JOIN sys.index_columns ic ON ic.object_id = i.object_id AND ic.index_id = i.index_id
    JOIN sys.columns c ON c.object_id = ic.object_id AND c.column_id = ic.column_id
    WHERE OBJECT_NAME(i.object_id) IN ('Transactions', 'Accounts', 'ExchangeRates')
    GROUP BY i.name, i.type_desc, i.is_unique, i.is_primary_key ORDER BY i.name`)).toEqual([
    { name: 'IX_Accounts_CustomerId', type_desc: 'NONCLUSTERED', is_unique: false, is_primary_key: false, columns: 'CustomerId, Currency (included)' },
    { name: 'IX_Transactions_Account_PostedAt', type_desc: 'NONCLUSTERED', is_unique: false, is_primary_key: false, columns: 'AccountId, PostedAt DESC' },
    { name: 'PK_Accounts', type_desc: 'CLUSTERED', is_unique: true, is_primary_key: true, columns: 'AccountId' },
    { name: 'PK_ExchangeRates', type_desc: 'CLUSTERED', is_unique: true, is_primary_key: true, columns: 'RateDate, FromCurrency, ToCurrency' },
    { name: 'PK_Transactions', type_desc: 'CLUSTERED', is_unique: true, is_primary_key: true, columns: 'TransactionId' },
  ]);
  expect(await query("SELECT name, type FROM sys.key_constraints WHERE parent_object_id = OBJECT_ID('dbo.Customers') ORDER BY name")).toEqual([
    { name: 'PK_Customers', type: 'PK' }, { name: 'UQ_Customers_CustomerNo', type: 'UQ' },
  ]);
});

test('foreign keys', async () => {
  expect(await query(`
    SELECT f.name, OBJECT_NAME(f.parent_object_id) AS child, COL_NAME(k.parent_object_id, k.parent_column_id) AS child_column,
      OBJECT_SCHEMA_NAME(f.referenced_object_id) AS parent_schema, OBJECT_NAME(f.referenced_object_id) AS parent, COL_NAME(k.referenced_object_id, k.referenced_column_id) AS parent_column
    FROM sys.foreign_keys f JOIN sys.foreign_key_columns k ON k.constraint_object_id = f.object_id ORDER BY f.name`)).toEqual([
    { name: 'FK_Accounts_Branches', child: 'Accounts', child_column: 'BranchCode', parent_schema: 'ledger', parent: 'Branches', parent_column: 'BranchCode' },
    { name: 'FK_Accounts_Customers', child: 'Accounts', child_column: 'CustomerId', parent_schema: 'dbo', parent: 'Customers', parent_column: 'CustomerId' },
    { name: 'FK_Transactions_Accounts', child: 'Transactions', child_column: 'AccountId', parent_schema: 'dbo', parent: 'Accounts', parent_column: 'AccountId' },
  ]);
});

test('partitions and their statistics count the rows; a table without a clustered index is a heap', async () => {
  expect(await query(`
    SELECT t.name, p.index_id, p.rows, s.row_count, CASE WHEN s.reserved_page_count >= s.used_page_count THEN 1 ELSE 0 END AS pages
    FROM sys.tables t JOIN sys.partitions p ON p.object_id = t.object_id JOIN sys.dm_db_partition_stats s ON s.partition_id = p.partition_id
    WHERE p.index_id IN (0, 1) AND t.name IN ('Transactions', 'AuditLog', 'PendingTransfers') ORDER BY t.name`)).toEqual([
    { name: 'AuditLog', index_id: 0, rows: '25', row_count: '25', pages: 1 },
    { name: 'PendingTransfers', index_id: 1, rows: '0', row_count: '0', pages: 1 },
    { name: 'Transactions', index_id: 1, rows: '200', row_count: '200', pages: 1 },
  ]);
  const [{ pages }] = await query('SELECT SUM(a.total_pages) AS pages FROM sys.partitions p JOIN sys.allocation_units a ON a.container_id = p.hobt_id') as Array<{ pages: string }>;
  expect(Number(pages)).toBeGreaterThan(0);
});

test('INFORMATION_SCHEMA', async () => {
  expect(await query("SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'ledger' ORDER BY TABLE_NAME")).toEqual([
    { TABLE_SCHEMA: 'ledger', TABLE_NAME: 'Branches', TABLE_TYPE: 'BASE TABLE' },
    { TABLE_SCHEMA: 'ledger', TABLE_NAME: 'ExchangeRates', TABLE_TYPE: 'BASE TABLE' },
  ]);
  expect(await query(`SELECT COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH AS length, CHARACTER_OCTET_LENGTH AS octets, NUMERIC_PRECISION AS p, NUMERIC_SCALE AS s, DATETIME_PRECISION AS d, IS_NULLABLE
    FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'Transactions' AND COLUMN_NAME IN ('Memo', 'Amount', 'PostedAt', 'Payload') ORDER BY ORDINAL_POSITION`)).toEqual([
    { COLUMN_NAME: 'PostedAt', DATA_TYPE: 'datetime2', length: null, octets: null, p: null, s: null, d: 7, IS_NULLABLE: 'NO' },
    { COLUMN_NAME: 'Amount', DATA_TYPE: 'decimal', length: null, octets: null, p: 19, s: 4, d: null, IS_NULLABLE: 'NO' },
    { COLUMN_NAME: 'Memo', DATA_TYPE: 'nvarchar', length: 400, octets: 800, p: null, s: null, d: null, IS_NULLABLE: 'YES' },
    { COLUMN_NAME: 'Payload', DATA_TYPE: 'varbinary', length: 64, octets: 64, p: null, s: null, d: null, IS_NULLABLE: 'YES' },
  ]);
});

test('every view of the catalog can be read', async () => {
  for (const view of ['databases', 'schemas', 'tables', 'views', 'objects', 'all_objects', 'types', 'columns', 'all_columns', 'computed_columns', 'identity_columns', 'masked_columns',
    'default_constraints', 'extended_properties', 'security_policies', 'security_predicates', 'triggers', 'indexes', 'index_columns', 'key_constraints', 'foreign_keys',
    'foreign_key_columns', 'partitions', 'dm_db_partition_stats', 'allocation_units']) {
    expect(await query(`SELECT TOP 3 * FROM sys.${view}`)).toBeInstanceOf(Array);
  }
  expect(await query('SELECT name FROM sys.databases ORDER BY database_id')).toEqual(['master', 'tempdb', 'model', 'msdb', 'LegacyLedger'].map((name) => ({ name })));
});

test('follows what is created, masked, altered and dropped', async () => {
  await own.pool.request().batch('CREATE SCHEMA probe');
  await own.pool.request().batch("CREATE TABLE probe.Cards (Id int PRIMARY KEY, Number varchar(19) MASKED WITH (FUNCTION = 'partial(0,\"x\",4)') NULL)");
  expect(await query("SELECT name, masking_function FROM sys.masked_columns WHERE object_id = OBJECT_ID('probe.Cards')")).toEqual([{ name: 'Number', masking_function: 'partial(0,"x",4)' }]);
  await own.pool.request().batch('ALTER TABLE probe.Cards ADD Expires date NULL; INSERT INTO probe.Cards VALUES (1, \'4111\', \'2030-01-01\')');
  expect(await query("SELECT c.name, p.rows FROM sys.columns c JOIN sys.partitions p ON p.object_id = c.object_id WHERE c.object_id = OBJECT_ID('probe.Cards') AND c.column_id = 3"))
    .toEqual([{ name: 'Expires', rows: '1' }]);
  await own.pool.request().batch('DROP TABLE probe.Cards; DROP SCHEMA probe');
  expect(await query("SELECT COUNT(*) AS n FROM sys.schemas WHERE name = 'probe'")).toEqual([{ n: 0 }]);
});

test('a transaction that has read a table sees the whole catalog', async () => {
  await withStandIn({ transactions: 50 }, async (fresh) => withPool(fresh, async (other) => {
    const transaction = new mssql.Transaction(other);
    await transaction.begin(mssql.ISOLATION_LEVEL.SNAPSHOT);
    await new mssql.Request(transaction).query('SELECT COUNT(*) AS n FROM dbo.Transactions');
    expect((await new mssql.Request(transaction).query("SELECT name FROM sys.tables WHERE name = N'customers'")).recordset).toEqual([{ name: 'Customers' }]);
    await transaction.commit();
  }));
});

test('ids of columns are never used again, and a table that is made again is another object', async () => {
  const batch = async (sql: string) => own.pool.request().batch(sql);
  const facts = async () => (await own.pool.request().query(`
    SELECT t.object_id, t.max_column_id_used AS used, CONVERT(varchar(23), t.create_date, 126) AS created, c.name, c.column_id
    FROM sys.tables AS t JOIN sys.columns AS c ON c.object_id = t.object_id WHERE t.name = 'Moving' ORDER BY c.column_id`)).recordset as Array<{
    readonly object_id: number; readonly used: number; readonly created: string; readonly name: string; readonly column_id: number;
  }>;
  const columns = async () => (await facts()).map(({ name, column_id: id }) => `${id} ${name}`);
  await batch('CREATE TABLE dbo.Moving (Id int IDENTITY(1, 1) PRIMARY KEY, A int NULL, B varchar(10) NULL)');
  const [{ object_id: objectId, created }] = await facts();
  expect(created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?$/);
  await batch("EXEC sp_rename 'dbo.Moving.B', 'Renamed', 'COLUMN'");
  expect(await columns()).toEqual(['1 Id', '2 A', '3 Renamed']);
  await batch('ALTER TABLE dbo.Moving DROP COLUMN Renamed');
  expect(await facts()).toMatchObject([{ used: 3 }, { used: 3 }]);
  await batch('ALTER TABLE dbo.Moving ADD Renamed varchar(10) NULL; ALTER TABLE dbo.Moving ALTER COLUMN A bigint NULL');
  expect(await columns()).toEqual(['1 Id', '2 A', '4 Renamed']);
  await batch("INSERT INTO dbo.Moving (A, Renamed) VALUES (1, 'x'); EXEC sp_rename 'dbo.Moving', 'Elsewhere'; INSERT INTO dbo.Elsewhere (A) VALUES (2)");
  expect(await query('SELECT Id, A, Renamed FROM dbo.Elsewhere ORDER BY Id')).toEqual([{ Id: 1, A: '1', Renamed: 'x' }, { Id: 2, A: '2', Renamed: null }]);
  await batch("EXEC sp_rename '[dbo].[Elsewhere]', 'Moving', 'OBJECT'");
  expect((await facts())[0]).toMatchObject({ object_id: objectId, created, used: 4 });
  await expect(batch("EXEC sp_rename 'dbo.Moving.A', 'Id', 'COLUMN'")).rejects.toMatchObject({ number: 15335 });
  await batch('DROP TABLE dbo.Moving; CREATE TABLE dbo.Moving (Id int PRIMARY KEY)');
  const [again] = await facts();
  expect(again).toMatchObject({ used: 1, name: 'Id', column_id: 1 });
  expect(again.object_id).not.toBe(objectId);
  await batch('DROP TABLE dbo.Moving');
});

test('a restored database is on another recovery fork; services without the view do not know it', async () => {
  const fork = 'SELECT CONVERT(nvarchar(36), recovery_fork_guid) AS fork FROM sys.database_recovery_status WHERE database_id = DB_ID()';
  const before = await query(fork);
  expect(before).toEqual([{ fork: expect.stringMatching(/^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/) }]);
  own.standIn.engine.catalog.database('LegacyLedger')!.restored();
  expect(await query(fork)).not.toEqual(before);
  await withStandIn({ transactions: 10, product: SERVER_PRODUCTS.azureSqlDatabase }, async (azure) => withPool(azure, async (pool) => {
    await expect(pool.request().query(fork)).rejects.toMatchObject({ number: 208 });
  }));
});
