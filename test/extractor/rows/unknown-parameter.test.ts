import { Request } from 'tedious';
import { readRows } from '../../../src/extractor/rows';
import { done, packetize } from '../../../tools/replay-server/tds-packets';
import { colMetadata, row, wireColumn } from '../../../tools/replay-server/wire-rows';
import { connectReplay } from '../../support/tds/land';
import { MemoryTarget } from '../../support/tds/memory-target';

test('a parameter of an unknown type leaves the next response to the driver', async () => {
  const columns = [wireColumn.varchar('t', 10)];
  const { connection, stop } = await connectReplay(() => [packetize(Buffer.concat([colMetadata(columns), row(columns, [Buffer.from('a')]), done(0x10, 1)]), 512, true)]);
  try {
    await expect(readRows({
      connection,
      sql: 'x',
      parameters: [{ name: 'p', type: 'Nonsense', value: 1 }],
      format: { name: 'csv', compression: 'none' },
      subject: 't',
      targetFileBytes: Infinity,
      open: new MemoryTarget().open,
    })).rejects.toThrow('unknown type Nonsense');
    const rows: unknown[] = [];
    await new Promise<void>((resolve, reject) => {
      const request = new Request('select', (error) => (error ? reject(error) : resolve()));
      request.on('row', (values: ReadonlyArray<{ readonly value: unknown }>) => rows.push(values.map(({ value }) => value)));
      connection.execSqlBatch(request);
    });
    expect(rows).toEqual([['a']]);
  } finally {
    await stop();
  }
});
