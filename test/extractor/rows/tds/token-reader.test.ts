import { done } from '../../../../tools/replay-server/tds-packets';
import { colMetadata, row, wireColumn } from '../../../../tools/replay-server/wire-rows';
import { landPayload } from '../../../support/tds/land';

const columns = [wireColumn.intN('Id', 4)];
const one = row(columns, [Buffer.from([1, 0, 0, 0])]);

test.each([
  ['behind its columns', [colMetadata(columns)]],
  ['behind a row', [colMetadata(columns), one]],
])('a response that ends %s, without DONE, is no whole result', async (_, parts) => {
  for (const name of ['csv', 'jsonl', 'parquet'] as const) {
    await expect(landPayload(Buffer.concat(parts), { name, compression: 'none' }))
      .rejects.toMatchObject({ code: 'PROTOCOL_ERROR', message: expect.stringContaining('without saying that its rows are all (DONE)') as string });
  }
  const { rows } = await landPayload(Buffer.concat([...parts, done(0x10, parts.length - 1)]), { name: 'csv', compression: 'none' });
  expect(rows).toBe(parts.length - 1);
});
