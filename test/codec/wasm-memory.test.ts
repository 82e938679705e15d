import { readFileSync } from 'node:fs';
import { withInitialMemory } from '../../src/codec/wasm-memory';
import { done } from '../../tools/replay-server/tds-packets';
import { colMetadata, row, wireColumn } from '../../tools/replay-server/wire-rows';
import { landPayload } from '../support/tds/land';

const ZSTD = readFileSync(require.resolve('@foxglove/wasm-zstd/dist/wasm-zstd.wasm'));

/** Node's types leave it to the DOM's. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: { readonly c: { readonly buffer: ArrayBuffer } } };
  readonly Memory: { readonly prototype: { grow(pages: number): number } };
};

const pagesOf = (module: Uint8Array) => (
  new WebAssembly.Instance(new WebAssembly.Module(module), { a: { a: () => 0, b: () => undefined } }).exports.c.buffer.byteLength / 0x10000);

test.each([33, 127, 128, 1024, 16384])('a module gets %i pages from the begin', (pages) => {
  expect(pagesOf(withInitialMemory(ZSTD, pages))).toBe(pages);
});

test('a module that has more keeps them, and one without a memory is refused', () => {
  expect(withInitialMemory(ZSTD, 1)).toBe(ZSTD);
  expect(() => withInitialMemory(Buffer.from('0061736d01000000', 'hex'), 16)).toThrow('the module defines no memory');
});

test('no memory grows while a table is landed, because that would slow every row down', async () => {
  const grow = jest.spyOn(WebAssembly.Memory.prototype, 'grow');
  const columns = [wireColumn.intN('Id', 4), wireColumn.nvarchar('Name', 4000)];
  const rows = Array.from({ length: 5000 }, (_, i) => row(columns, [Buffer.from([i & 255, i >> 8, 0, 0]), Buffer.from(`${i * 7919} `.repeat(200), 'utf16le')]));
  const payload = Buffer.concat([colMetadata(columns), ...rows, done(0x10, rows.length)]);
  for (const compression of ['zstd', 'snappy'] as const) await landPayload(payload, { name: 'parquet', compression });
  await landPayload(payload, { name: 'csv', compression: 'zstd' });
  expect(grow).not.toHaveBeenCalled();
});
