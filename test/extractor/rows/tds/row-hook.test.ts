import { Connection } from 'tedious';
import { hookNextResponse } from '../../../../src/extractor/rows/tds/row-hook';

const options = { consumer: {} as never, onError: () => undefined };

test('the driver has the seam the row path depends on', () => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  expect((require('tedious/package.json') as { version: string }).version).toBe('19.2.2');
  const seam = (Connection.prototype as unknown as { createTokenStreamParser: unknown }).createTokenStreamParser;
  expect(typeof seam).toBe('function');
  expect((seam as () => void).length).toBe(2);
});

test('a driver without the seam is refused', () => {
  expect(() => hookNextResponse({} as Connection, options)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
});

test('the seam is given back when no response comes', () => {
  const original = () => undefined;
  const connection = Object.create({ createTokenStreamParser: original }) as Connection & { createTokenStreamParser: unknown };
  const { unhook } = hookNextResponse(connection, options);
  expect(connection.createTokenStreamParser).not.toBe(original);
  unhook();
  expect(connection.createTokenStreamParser).toBe(original);
});
