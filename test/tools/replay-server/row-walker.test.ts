import { RARE_TABLE } from '../../../bench/tables/rare-table';
import { NBC_ROW, ROW, walkResult } from '../../../tools/replay-server/row-walker';
import { capturePayload } from '../../support/tds/captures';

test.each([
  ['all-types-packet-4096', 100, 49], ['transactions-2000', 2000, 15], ['customers-500', 500, 14], ['ledger-20000', 20_000, 15],
])('%s: every row is found, and behind the last one comes DONE', (name, rows, columns) => {
  const payload = capturePayload(name);
  const result = walkResult(payload);
  expect([result.rows, result.columns.length]).toEqual([rows, columns]);
  expect(payload[result.rowsEnd] & 0xfd).toBe(0xfd);
});

test('types that no capture has are walked over', () => {
  const { metadata, chunk } = RARE_TABLE.open();
  const rows = chunk(0);
  expect(walkResult(Buffer.concat([metadata, rows]))).toMatchObject({ rows: 1000, rowsEnd: metadata.length + rows.length });
});

test('values lie where the walker says, NULLs nowhere', () => {
  const payload = capturePayload('ledger-20000');
  const tokens = { [ROW]: 0, [NBC_ROW]: 0 };
  const first: Array<string | null> = [];
  walkResult(payload, ({ token, starts, lengths }) => {
    tokens[token] += 1;
    if (first.length === 0) first.push(...Array.from(starts, (start, i) => (start < 0 ? null : payload.toString('hex', start, start + lengths[i]))));
  });
  expect(tokens).toEqual({ [ROW]: 2334, [NBC_ROW]: 17_666 });
  expect(first.slice(0, 3)).toEqual(['0300000000000000', '0eaf0000', '00000000']);
  expect(first[10]).toBeNull();
});

test('what is not a result is refused', () => {
  expect(() => walkResult(Buffer.from('fd00', 'hex'))).toThrow('the payload begins with token 0xfd, not with COLMETADATA');
});
