import { DECIMAL_TABLE } from '../../../bench/tables/decimal-table';
import { wireShape } from '../../../bench/tables/wire-shape';
import { packetize } from '../../../tools/replay-server/tds-packets';

test('every announced length has values of every length up to it, and NULLs, in ROW and NBCROW', () => {
  const { metadata, chunk } = DECIMAL_TABLE.open();
  const { nbcRowShare, decimals } = wireShape(packetize(Buffer.concat([metadata, chunk(0)]), 32_767, true));
  expect(nbcRowShare).toBeGreaterThan(0.3);
  expect(nbcRowShare).toBeLessThan(0.9);
  expect(decimals.map(({ announced }) => announced)).toEqual([5, 9, 13, 17, 9, 13, 17, 13, 17, 17]);
  for (const { announced, lengths } of decimals) {
    expect(Object.keys(lengths).map(Number)).toEqual([0, 5, 9, 13, 17].filter((bytes) => bytes <= announced));
    for (const share of Object.values(lengths)) expect(share).toBeGreaterThan(0.05);
  }
});
