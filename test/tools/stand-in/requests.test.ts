import mssql from 'mssql';
import { Connection, Request } from 'tedious';
import { withPool } from './mssql-client';
import { running } from './running';

const TRANSACTIONS = 3000;
const own = running({
  transactions: TRANSACTIONS,
  logins: [{ user: 'reader', password: 'Reader_1', denySelect: ['dbo.Customers'] }],
});

async function tediousConnection(): Promise<Connection> {
  const connection = new Connection({
    server: own.standIn.host,
    authentication: { type: 'default', options: { userName: own.standIn.user, password: own.standIn.password } },
    options: { port: own.standIn.port, database: own.standIn.database, encrypt: false, rowCollectionOnRequestCompletion: false },
  });
  await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())));
  return connection;
}

test.each([512, 1000, 4096, 16384, 32767])('packets of %i bytes carry every row', async (packetSize) => {
  for (const encrypt of [false, true]) {
    await withPool(own.standIn, async (pool) => {
      const { recordset } = await pool.request().query('SELECT * FROM dbo.Transactions');
      expect(recordset).toHaveLength(TRANSACTIONS);
      expect(recordset[TRANSACTIONS - 1].TransactionId).toBe(String(TRANSACTIONS));
    }, { packetSize, encrypt });
  }
});

test.each([1, 100, 4000, 32768, 40000, 200_001])('a (max) value of %i characters is whole, both ways', async (length) => {
  await withPool(own.standIn, async (pool) => {
    const text = 'Ω€漢x'.repeat(Math.ceil(length / 4)).slice(0, length);
    const bytes = Buffer.from(text, 'utf8');
    const { recordset } = await pool.request().input('text', mssql.NVarChar(mssql.MAX), text).input('bytes', mssql.VarBinary(mssql.MAX), bytes)
      .query('SELECT @text AS text, @bytes AS bytes, DATALENGTH(@text) AS size');
    expect(recordset[0]).toEqual({ text, bytes, size: String(length * 2) });
  });
});

test('an attention ends a running statement, and the connection goes on', async () => {
  const connection = await tediousConnection();
  try {
    let rows = 0;
    const error = await new Promise<Error | null | undefined>((resolve) => {
      const request = new Request('SELECT a.* FROM dbo.Transactions a CROSS JOIN dbo.Transactions b', resolve);
      request.on('row', () => {
        rows += 1;
        if (rows === 10) {
          connection.cancel();
        }
      });
      connection.execSqlBatch(request);
    });
    expect(error).toMatchObject({ code: 'ECANCEL' });
    expect(rows).toBeLessThan(TRANSACTIONS * TRANSACTIONS);
    const after: unknown[] = [];
    await new Promise<void>((resolve, reject) => {
      const request = new Request('SELECT 7 AS seven', (failure) => (failure ? reject(failure) : resolve()));
      request.on('row', (columns) => after.push(columns[0].value));
      connection.execSqlBatch(request);
    });
    expect(after).toEqual([7]);
  } finally {
    connection.close();
  }
});

test('an attention ends a statement that has sent nothing yet', async () => {
  const connection = await tediousConnection();
  try {
    const error = await new Promise<Error | null | undefined>((resolve) => {
      const request = new Request("WAITFOR DELAY '00:05:00'", resolve);
      connection.execSqlBatch(request);
      setImmediate(() => connection.cancel());
    });
    expect(error).toMatchObject({ code: 'ECANCEL' });
  } finally {
    connection.close();
  }
});

test('a client that leaves in the middle of a result does not disturb the others', async () => {
  const connection = await tediousConnection();
  await new Promise<void>((resolve) => {
    const request = new Request('SELECT a.* FROM dbo.Transactions a CROSS JOIN dbo.Transactions b', () => resolve());
    request.once('row', () => connection.close());
    connection.execSqlBatch(request);
  });
  await withPool(own.standIn, async (pool) => {
    expect((await pool.request().query('SELECT COUNT(*) AS n FROM dbo.Transactions')).recordset).toEqual([{ n: TRANSACTIONS }]);
  });
});

test('many connections at once', async () => {
  await withPool(own.standIn, async (pool) => {
    const answers = await Promise.all(Array.from({ length: 40 }, async (_, at) =>
      pool.request().input('at', mssql.Int, at).query('SELECT @at AS at, @@SPID AS spid, (SELECT COUNT(*) FROM dbo.Transactions WHERE TransactionId <= @at) AS n')));
    expect(answers.map(({ recordset }) => recordset[0].n)).toEqual(Array.from({ length: 40 }, (_, at) => at));
    expect(new Set(answers.map(({ recordset }) => recordset[0].spid)).size).toBe(20);
  }, { pool: 20 });
});

test('a client that stops reading holds the server back', async () => {
  const connection = await tediousConnection();
  const buffered = () => process.memoryUsage().arrayBuffers;
  try {
    const before = buffered();
    // 9 million rows, nearly 2 GB on the wire.
    const request = new Request('SELECT a.* FROM dbo.Transactions a CROSS JOIN dbo.Transactions b', () => undefined);
    const first = new Promise<void>((resolve) => request.once('row', () => {
      request.pause();
      resolve();
    }));
    connection.execSqlBatch(request);
    await first;
    for (let steady = 0, last = 0; steady < 10;) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      steady = buffered() > last ? 0 : steady + 1;
      last = Math.max(last, buffered());
      expect(last - before).toBeLessThan(60e6);
    }
  } finally {
    connection.close();
  }
});

describe('transactions', () => {
  test('a SNAPSHOT reader sees one state while a writer commits', async () => {
    await withPool(own.standIn, async (pool) => {
      await pool.request().batch('CREATE TABLE dbo.SnapshotProbe (Id int NOT NULL, Amount decimal(19,4) NOT NULL); INSERT INTO dbo.SnapshotProbe VALUES (1, 10), (2, 20)');
      const reader = new mssql.Transaction(pool);
      await reader.begin(mssql.ISOLATION_LEVEL.SNAPSHOT);
      const sum = async () => (await new mssql.Request(reader).query('SELECT SUM(Amount) AS total, COUNT_BIG(*) AS n FROM dbo.SnapshotProbe')).recordset[0];
      expect(await sum()).toEqual({ total: 30, n: '2' });
      await pool.request().query('UPDATE dbo.SnapshotProbe SET Amount += 5 WHERE Id = 1; INSERT INTO dbo.SnapshotProbe VALUES (3, 1)');
      expect(await sum()).toEqual({ total: 30, n: '2' });
      await reader.commit();
      expect((await pool.request().query('SELECT SUM(Amount) AS total FROM dbo.SnapshotProbe')).recordset).toEqual([{ total: 36 }]);
      await pool.request().batch('DROP TABLE dbo.SnapshotProbe');
    });
  });

  test('what is rolled back is gone, its table too', async () => {
    await withPool(own.standIn, async (pool) => {
      const transaction = new mssql.Transaction(pool);
      await transaction.begin();
      await new mssql.Request(transaction).batch('CREATE TABLE dbo.Undone (Id int NULL); INSERT INTO dbo.Undone VALUES (1)');
      expect((await new mssql.Request(transaction).query('SELECT COUNT(*) AS n, @@TRANCOUNT AS depth FROM dbo.Undone')).recordset).toEqual([{ n: 1, depth: 1 }]);
      await transaction.rollback();
      await expect(pool.request().query('SELECT * FROM dbo.Undone')).rejects.toMatchObject({ number: 208 });
    });
  });

  test('snapshot isolation can be disallowed', async () => {
    await withPool(own.standIn, async (pool) => {
      await pool.request().batch('ALTER DATABASE LegacyLedger SET ALLOW_SNAPSHOT_ISOLATION OFF');
      try {
        const state = 'SELECT snapshot_isolation_state_desc AS state FROM sys.databases WHERE name = DB_NAME()';
        expect((await pool.request().query(state)).recordset).toEqual([{ state: 'OFF' }]);
        await expect(pool.request().batch('SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRAN; SELECT 1 AS a')).rejects.toMatchObject({ number: 3952 });
      } finally {
        await pool.request().batch('ALTER DATABASE LegacyLedger SET ALLOW_SNAPSHOT_ISOLATION ON');
      }
    }, { pool: 1 });
  });
});

test('prepared statements: sp_prepare, sp_execute, sp_unprepare', async () => {
  await withPool(own.standIn, async (pool) => {
    const statement = new mssql.PreparedStatement(pool);
    statement.input('low', mssql.BigInt);
    statement.input('high', mssql.BigInt);
    await statement.prepare('SELECT COUNT(*) AS n FROM dbo.Transactions WHERE TransactionId >= @low AND TransactionId < @high');
    for (const [low, high] of [[1, 2], [1, 101], [2990, 9999]]) {
      expect((await statement.execute({ low, high })).recordset).toEqual([{ n: Math.min(high, TRANSACTIONS + 1) - low }]);
    }
    await statement.unprepare();
  });
});

test('output parameters come back', async () => {
  await withPool(own.standIn, async (pool) => {
    const { output } = await pool.request().output('total', mssql.Decimal(19, 4)).output('name', mssql.NVarChar(50)).input('add', mssql.Int, 2)
      .query("SELECT @total = SUM(Rate) + @add, @name = N'Ω' FROM (VALUES (1.5), (2.25)) v(Rate)");
    expect(output).toEqual({ total: 5.75, name: 'Ω' });
  });
});

test('a login without rights on a table gets 229 there and nowhere else', async () => {
  await withPool(own.standIn, async (pool) => {
    await expect(pool.request().query('SELECT CustomerId FROM dbo.Customers')).rejects.toMatchObject({
      number: 229,
      class: 14,
      state: 5,
      message: "The SELECT permission was denied on the object 'Customers', database 'LegacyLedger', schema 'dbo'.",
    });
    expect((await pool.request().query('SELECT COUNT(*) AS n FROM dbo.Accounts')).recordset[0].n).toBeGreaterThan(0);
    const { recordset } = await pool.request().query(`SELECT t.name, HAS_PERMS_BY_NAME(QUOTENAME(SCHEMA_NAME(t.schema_id)) + N'.' + QUOTENAME(t.name), N'OBJECT', N'SELECT') AS allowed
      FROM sys.tables AS t WHERE t.name IN ('Customers', 'Accounts') ORDER BY t.name`);
    expect(recordset).toEqual([{ name: 'Accounts', allowed: 1 }, { name: 'Customers', allowed: 0 }]);
  }, { user: 'reader', password: 'Reader_1' });
});
