import mssql from 'mssql';
import { running } from './running';

const own = running({ transactions: 200 }, 1);

/** Values of the first result's first row, in order. */
async function row(sql: string): Promise<unknown[]> {
  return (await rows(sql))[0];
}

async function rows(sql: string): Promise<unknown[][]> {
  const request = own.pool.request();
  request.arrayRowMode = true;
  return (await request.query(sql)).recordset as unknown as unknown[][];
}

interface WireColumn {
  readonly type: { readonly name: string };
  readonly length?: number;
  readonly precision?: number;
  readonly scale?: number;
}

/** Declared types of a query's columns, as the wire has them. */
async function types(sql: string): Promise<string[]> {
  const request = own.pool.request();
  request.arrayRowMode = true;
  const result = await request.query(sql) as unknown as { columns: WireColumn[][] };
  return result.columns[0].map(({ type, length, precision, scale }) => {
    const name = type.name.toLowerCase();
    if (name === 'decimal' || name === 'numeric') {
      return `${name}(${precision},${scale})`;
    }
    if (/char|binary/.test(name)) {
      return `${name}(${length === 65535 ? 'max' : length})`;
    }
    return /datetime2|time|offset/.test(name) && scale !== undefined ? `${name}(${scale})` : name;
  });
}

describe('values', () => {
  test.each<[string, unknown[]]>([
    ['SELECT 1 + 2 * 3, 7 / 2, -7 / 2, 7 % 3, 7.0 / 2', [7, 3, -3, 1, 3.5]],
    ["SELECT 'a' + 'b', N'x' + 'y', 'n' + CAST(5 AS varchar(5)), CONCAT('a', NULL, 1, N'ü')", ['ab', 'xy', 'n5', 'a1ü']],
    ["SELECT LEN('ab  '), DATALENGTH('ab  '), DATALENGTH(N'ab'), LEN(N'😀')", [2, 4, 4, 2]],
    ["SELECT ISNULL(NULL, 'z'), COALESCE(NULL, NULL, 3), NULLIF(1, 1), IIF(1 > 2, 'a', 'b'), CHOOSE(2, 'x', 'y')", ['z', 3, null, 'b', 'y']],
    ["SELECT UPPER('aé'), LEFT('hello', 2), RIGHT('hello', 2), SUBSTRING('hello', 2, 3), REPLACE('aXbX', 'X', '-'), CHARINDEX('l', 'hello'), STUFF('abc', 2, 1, 'ZZ')",
      ['AÉ', 'he', 'lo', 'ell', 'a-b-', 3, 'aZZc']],
    ["SELECT CAST('12' AS int), CAST(1.7 AS int), CAST(-1.7 AS int), CAST(1.5 AS decimal(5,0)), CAST(NULL AS int), TRY_CAST('x' AS int), CAST(1 AS bit)", [12, 1, -1, 2, null, null, true]],
    ["SELECT CAST(12.5 AS varchar(10)), CAST(CAST(12.5 AS money) AS varchar(10)), CONVERT(varchar(30), CAST(1234567 AS float)), CAST(CAST('2024-02-29' AS date) AS varchar(10))",
      ['12.5', '12.50', '1.23457e+006', '2024-02-29']],
    ["SELECT CONVERT(varchar(30), CAST('2024-02-29 13:14:15.1234567' AS datetime2(7)), 121), CONVERT(varchar(8), CAST('2024-02-29' AS date), 112), CONVERT(varchar(30), CAST('2024-02-29 13:14:15.123' AS datetime), 126)",
      ['2024-02-29 13:14:15.1234567', '20240229', '2024-02-29T13:14:15.123']],
    ["SELECT YEAR('2024-02-29'), DATEPART(quarter, '2024-05-01'), DATEDIFF(day, '2024-02-28', '2024-03-01'), CONVERT(varchar(10), DATEADD(month, 1, CAST('2024-01-31' AS date)), 23), DATENAME(weekday, '2024-02-29')",
      [2024, 2, 2, '2024-02-29', 'Thursday']],
    ["SELECT CASE WHEN 'A' = 'a' THEN 1 ELSE 0 END, CASE WHEN 'a ' = 'a' THEN 1 ELSE 0 END, CASE WHEN 'A' COLLATE Latin1_General_BIN2 = 'a' THEN 1 ELSE 0 END", [1, 1, 0]],
    ["SELECT CASE WHEN 'abc' LIKE 'A%' THEN 1 ELSE 0 END, CASE WHEN 'a_c' LIKE 'a[_]c' THEN 1 ELSE 0 END, CASE WHEN 'x%y' LIKE 'x!%y' ESCAPE '!' THEN 1 ELSE 0 END, CASE WHEN 'b' NOT LIKE '[^a-c]' THEN 1 ELSE 0 END",
      [1, 1, 1, 1]],
    ["SELECT CAST(0x0102 AS int), CONVERT(varchar(10), 0xAB01, 1), CAST('AB' AS varbinary(5)), CONVERT(varbinary(4), '0xFF00', 1)", [258, '0xAB01', Buffer.from('AB'), Buffer.from([255, 0])]],
    ["SELECT HASHBYTES('SHA2_256', 'abc'), HASHBYTES('MD5', N'a')", [Buffer.from('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 'hex'), Buffer.from('4144e195f46de78a3623da7364d04f11', 'hex')]],
    ['SELECT DB_NAME(), SCHEMA_NAME(), @@TRANCOUNT, SUSER_SNAME(), CAST(SERVERPROPERTY(\'EngineEdition\') AS int), CAST(SERVERPROPERTY(\'ProductVersion\') AS nvarchar(128))',
      ['LegacyLedger', 'dbo', 0, 'sa', 3, '16.0.4181.5']],
    ["SELECT {d '2024-01-02'}, {fn UPPER('x')}", [new Date('2024-01-02'), 'X']],
    ["SELECT N'a' + NCHAR(55357) + N'b', NCHAR(0)", ['a\ud83db', '\u0000']],
    ["SELECT CAST('' AS sql_variant), SQL_VARIANT_PROPERTY(CAST(1.5 AS sql_variant), 'BaseType')", ['', 'numeric']],
    ['SELECT /* a /* nested */ comment */ 1 -- the end', [1]],
    ["SELECT 'it''s', [Quoted]]Name] FROM (SELECT 5 AS \"Quoted]Name\") AS [q t]", ["it's", 5]],
  ])('%s', async (sql, expected) => {
    expect(await row(sql)).toEqual(expected);
  });
});

describe('types of expressions', () => {
  test.each<[string, string[]]>([
    ["SELECT 1, 3000000000, 1.50, 1e0, 'abc', N'abc', 0xFF, $1.5, NULL", ['int', 'numeric(10,0)', 'numeric(3,2)', 'float', 'varchar(3)', 'nvarchar(6)', 'varbinary(1)', 'money', 'int']],
    ['SELECT COUNT(*), COUNT_BIG(*), SUM(AccountId), SUM(TransactionId), SUM(Amount), AVG(Amount), SUM(Fee), MAX(PostedAt), MIN(Kind), SUM(Rate) FROM dbo.Transactions',
      ['int', 'bigint', 'int', 'bigint', 'decimal(38,4)', 'decimal(38,6)', 'money', 'datetime2(7)', 'varchar(20)', 'float']],
    ['SELECT Amount + 1, Amount * Amount, Amount / 3, Fee * 2, AccountId + TransactionId FROM dbo.Transactions WHERE 1 = 0',
      ['decimal(20,4)', 'decimal(38,7)', 'decimal(21,6)', 'money', 'bigint']],
    ["SELECT Kind + N'x', Currency + 'EUR', CAST(1 AS decimal(10,3)), CONVERT(nvarchar(7), 'a'), LEN('a'), GETDATE(), SYSUTCDATETIME() FROM dbo.Transactions WHERE 1 = 0",
      ['nvarchar(42)', 'varchar(6)', 'decimal(10,3)', 'nvarchar(14)', 'int', 'datetime', 'datetime2(7)']],
    ['SELECT ROW_NUMBER() OVER (ORDER BY TransactionId), CASE WHEN 1 = 1 THEN 1 ELSE 2.5 END FROM dbo.Transactions WHERE 1 = 0', ['bigint', 'numeric(11,1)']],
  ])('%s', async (sql, expected) => {
    expect((await types(sql)).map((type) => type.replace('decimaln', 'decimal').replace('numericn', 'numeric'))).toEqual(expected);
  });
});

describe('queries', () => {
  test.each<[string, unknown[][]]>([
    ['SELECT TOP (2) TransactionId FROM dbo.Transactions ORDER BY TransactionId DESC', [['200'], ['199']]],
    ['SELECT TransactionId FROM dbo.Transactions ORDER BY 1 OFFSET 10 ROWS FETCH NEXT 2 ROWS ONLY', [['11'], ['12']]],
    ['SELECT DISTINCT Segment FROM dbo.Customers WHERE Segment IN (1, 2) ORDER BY Segment DESC', [[2], [1]]],
    ['SELECT v.n FROM (VALUES (1), (NULL), (3)) AS v(n) ORDER BY v.n', [[null], [1], [3]]],
    ['SELECT 1 AS a UNION ALL SELECT 2 UNION SELECT 2 ORDER BY a DESC', [[2], [1]]],
    ['SELECT 1 EXCEPT SELECT 2', [[1]]],
    ['WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 4) SELECT SUM(i), COUNT(*) FROM n', [[10, 4]]],
    ['SELECT c.CustomerId, (SELECT COUNT(*) FROM dbo.Accounts a WHERE a.CustomerId = c.CustomerId) AS n FROM dbo.Customers AS c WITH (NOLOCK) WHERE c.CustomerId <= 2 ORDER BY c.CustomerId', [[1, 2], [2, 2]]],
    ['SELECT TOP 1 a.AccountId, x.n FROM dbo.Accounts a CROSS APPLY (SELECT COUNT(*) AS n FROM dbo.Customers c WHERE c.CustomerId = a.CustomerId) x ORDER BY a.AccountId OPTION (MAXDOP 1)', [[1, 1]]],
    ["SELECT value FROM STRING_SPLIT('a,b', ',')", [['a'], ['b']]],
    ['SELECT COUNT(*) FROM dbo.Accounts a LEFT JOIN dbo.Customers c ON c.CustomerId = a.CustomerId AND c.CustomerId < 0 WHERE c.CustomerId IS NULL AND EXISTS (SELECT 1 FROM dbo.Customers)', [[40]]],
    ['SELECT Kind, n FROM (SELECT Kind, COUNT(*) AS n, ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC, Kind) AS place FROM dbo.Transactions GROUP BY Kind HAVING COUNT(*) > 0) q WHERE place = 0', []],
    ['SELECT [Item No], [Unit Price ("net")] FROM LegacyLedger.dbo.[Order Items [2019]]] WHERE [It\'s] = N\'it\'\'s\'', [[1, 19.99]]],
    ["SELECT MIN(v.g), MAX(v.i) FROM (SELECT NEWID() AS x, 'b' AS g, 1 AS i UNION ALL SELECT NEWID(), 'A', 5) v", [['A', 5]]],
  ])('%s', async (sql, expected) => {
    expect(await rows(sql)).toEqual(expected);
  });

  test('uniqueidentifiers sort by their last group, as in SQL Server', async () => {
    expect(await rows("SELECT CAST(g AS uniqueidentifier) AS u FROM (VALUES ('FFFFFFFF-0000-0000-0000-000000000001'), ('00000000-0000-0000-0000-000000000002'), ('00000000-0000-0000-0100-000000000000')) v(g) ORDER BY u"))
      .toEqual([['00000000-0000-0000-0100-000000000000'], ['FFFFFFFF-0000-0000-0000-000000000001'], ['00000000-0000-0000-0000-000000000002']]);
  });

  test('parameters of every type come back as they went', async () => {
    const request = own.pool.request();
    const when = new Date('2024-02-29T13:14:15.123Z');
    const inputs: Array<[string, mssql.ISqlType | (() => mssql.ISqlType), unknown]> = [
      ['bit', mssql.Bit(), true], ['tiny', mssql.TinyInt(), 255], ['small', mssql.SmallInt(), -32768], ['int', mssql.Int(), -1], ['big', mssql.BigInt(), '9007199254740993'],
      ['dec', mssql.Decimal(19, 4), -12345.6789], ['money', mssql.Money(), 12.5], ['float', mssql.Float(), 0.1], ['real', mssql.Real(), 0.5],
      ['nvarchar', mssql.NVarChar(50), 'Ω😀 \ud83d.'], ['varchar', mssql.VarChar(50), 'é€'], ['nchar', mssql.NChar(3), 'abc'], ['binary', mssql.VarBinary(10), Buffer.from([1, 0])],
      ['guid', mssql.UniqueIdentifier(), '01234567-89AB-CDEF-0123-456789ABCDEF'], ['date', mssql.Date(), new Date('2024-02-29')], ['dt2', mssql.DateTime2(7), when],
      ['dt', mssql.DateTime(), when], ['sdt', mssql.SmallDateTime(), new Date('2024-02-29T13:14:00Z')], ['dto', mssql.DateTimeOffset(3), when], ['nothing', mssql.Int(), null],
    ];
    inputs.forEach(([name, type, value]) => request.input(name, type, value));
    const { recordset } = await request.query(`SELECT ${inputs.map(([name]) => `@${name} AS [${name}]`).join(', ')}`);
    expect(recordset[0]).toEqual(Object.fromEntries(inputs.map(([name, , value]) => [name, value])));
  });
});

describe('batches', () => {
  test('statements give their results one after the other', async () => {
    const { recordsets, rowsAffected } = await own.pool.request().batch(`
      DECLARE @n int = 2, @name nvarchar(20);
      SET @n += 1;
      SELECT @name = N'x' + CAST(@n AS nvarchar(5));
      IF @n > 2 BEGIN SELECT @name AS name END ELSE SELECT 0 AS never;
      WHILE @n < 6 SET @n = @n + 1;
      SELECT @n AS n;
      SELECT TransactionId FROM dbo.Transactions WHERE TransactionId <= 2;`);
    expect(recordsets).toEqual([[{ name: 'x3' }], [{ n: 6 }], [{ TransactionId: '1' }, { TransactionId: '2' }]]);
    expect(rowsAffected).toEqual([1, 1, 2]);
  });

  test('tables can be made, filled, changed, read and dropped', async () => {
    const { recordsets, rowsAffected } = await own.pool.request().batch(`
      CREATE TABLE dbo.Made (Id int IDENTITY(5,2) PRIMARY KEY, Name varchar(10) NOT NULL DEFAULT ('none'), Price decimal(9,2) NULL, Twice AS (Price * 2), Version rowversion);
      INSERT INTO dbo.Made (Name, Price) VALUES ('a', 1.25), ('b', NULL), (DEFAULT, 3);
      UPDATE m SET Price = Price + 1 FROM dbo.Made m WHERE m.Name = 'a';
      DELETE FROM dbo.Made WHERE Price IS NULL;
      SELECT Id, Name, Price, Twice FROM dbo.Made ORDER BY Id;
      SELECT Name, Price INTO #copy FROM dbo.Made;
      SELECT COUNT(*) AS n FROM #copy;
      DROP TABLE #copy; DROP TABLE dbo.Made;
      SELECT OBJECT_ID(N'dbo.Made') AS gone;`);
    expect(recordsets).toEqual([[{ Id: 5, Name: 'a', Price: 2.25, Twice: 4.5 }, { Id: 9, Name: 'none', Price: 3, Twice: 6 }], [{ n: 2 }], [{ gone: null }]]);
    expect(rowsAffected).toEqual([3, 1, 1, 2, 2, 1, 1]);
  });

  test('PRINT and RAISERROR below 11 are messages, not errors', async () => {
    const messages: string[] = [];
    const request = own.pool.request();
    request.on('info', (info) => messages.push(`${info.number} ${info.message}`));
    await request.batch("PRINT N'hello'; RAISERROR(N'half of %d %s', 10, 1, 4, 'rows') WITH NOWAIT; SELECT 1 AS a");
    expect(messages).toEqual(['0 hello', '50000 half of 4 rows']);
  });

  test('TRY ... CATCH sees the error', async () => {
    const divided = await own.pool.request().batch('BEGIN TRY SELECT 1/0 AS x END TRY BEGIN CATCH SELECT ERROR_NUMBER() AS n, ERROR_MESSAGE() AS m, @@TRANCOUNT AS t END CATCH');
    expect(divided.recordsets).toEqual([[], [{ n: 8134, m: 'Divide by zero error encountered.', t: 0 }]]);
    const { recordsets } = await own.pool.request().batch("BEGIN TRY THROW 50123, 'mine', 7 END TRY BEGIN CATCH SELECT ERROR_NUMBER() AS n, ERROR_MESSAGE() AS m, ERROR_STATE() AS s END CATCH");
    expect(recordsets).toEqual([[{ n: 50123, m: 'mine', s: 7 }]]);
  });

  test('USE changes the database', async () => {
    const { recordset } = await own.pool.request().batch('USE master; SELECT DB_NAME() AS name; USE LegacyLedger');
    expect(recordset).toEqual([{ name: 'master' }]);
  });
});

describe('errors have the number, class, state and line of SQL Server', () => {
  test.each<[string, { number: number; class?: number; state?: number; lineNumber?: number; message?: string }]>([
    ['SELECT * FROM\n  dbo.NoSuch', { number: 208, class: 16, state: 1, lineNumber: 2, message: "Invalid object name 'dbo.NoSuch'." }],
    ['SELECT\nNoSuch FROM dbo.Accounts', { number: 207, class: 16, state: 1, lineNumber: 2, message: "Invalid column name 'NoSuch'." }],
    ['SELECT x.AccountId FROM dbo.Accounts a', { number: 4104, message: 'The multi-part identifier "x.AccountId" could not be bound.' }],
    ['SELECT CustomerId FROM dbo.Accounts a, dbo.Customers c', { number: 209, message: "Ambiguous column name 'CustomerId'." }],
    ['SELECT 1\n\nSELECT 1 / (SELECT COUNT(*) FROM dbo.PendingTransfers)', { number: 8134, class: 16, state: 1, lineNumber: 3, message: 'Divide by zero error encountered.' }],
    ['SELECT 1 FROM (SELECT 2', { number: 102, class: 15 }],
    ['SELEC 1 +', { number: 102, class: 15 }],
    ['SELECT 1 WHERE', { number: 102, class: 15 }],
    ['SELECT FROM dbo.Accounts', { number: 156, class: 15, message: "Incorrect syntax near the keyword 'FROM'." }],
    ["SELECT 'open", { number: 105, class: 15 }],
    ["SELECT CAST('abc' AS int)", { number: 245, message: "Conversion failed when converting the varchar value 'abc' to data type int." }],
    ["SELECT CAST('abc' AS decimal(5,2))", { number: 8114 }],
    ["SELECT CAST('2024-02-30' AS date)", { number: 242 }],
    ["SELECT CAST('nonsense' AS datetime2)", { number: 241 }],
    ["SELECT CAST('nonsense' AS uniqueidentifier)", { number: 8169 }],
    ['SELECT CAST(3000000000 AS int)', { number: 8115 }],
    ['SELECT 2147483647 + 1', { number: 8115 }],
    ['SELECT SUM(v.n) FROM (VALUES (2147483647), (1)) v(n)', { number: 8115 }],
    ['SELECT @missing', { number: 137, class: 15, state: 2 }],
    ['SELECT NOSUCHFUNCTION(1)', { number: 195, class: 15 }],
    ['EXEC dbo.NoSuchProcedure', { number: 2812, state: 62 }],
    ['USE NoSuchDatabase', { number: 911 }],
    ["RAISERROR('mine %s', 16, 3, 'too')", { number: 50000, class: 16, state: 3, message: 'mine too' }],
    ["THROW 51000, 'thrown', 2", { number: 51000, class: 16, state: 2, message: 'thrown' }],
    ['COMMIT', { number: 3902 }],
    ["INSERT INTO ledger.Branches (BranchCode, BranchName, Country) VALUES ('LONG1', N'x', 'AT')", { number: 2628 }],
    ["INSERT INTO ledger.Branches (BranchCode, BranchName, Country) VALUES ('X', NULL, 'AT')", { number: 515 }],
    ['CREATE TABLE dbo.Accounts (Id int)', { number: 2714, state: 6 }],
  ])('%s', async (sql, expected) => {
    await expect(own.pool.request().batch(sql)).rejects.toMatchObject(expected);
    expect(await row('SELECT 1')).toEqual([1]);
  });

  test('rows sent before an error arrive', async () => {
    const request = own.pool.request();
    request.stream = true;
    const got: unknown[] = [];
    const errors: Array<{ number?: number }> = [];
    request.on('row', (each) => got.push(each));
    request.on('error', (error) => errors.push(error as { number?: number }));
    const done = new Promise((resolve) => request.on('done', resolve));
    void request.batch('SELECT 1 AS a; SELECT 1 / 0 AS b; SELECT 3 AS a');
    await done;
    expect(got).toEqual([{ a: 1 }, { a: 3 }]);
    expect(errors).toEqual([expect.objectContaining({ number: 8134 })]);
  });
});
