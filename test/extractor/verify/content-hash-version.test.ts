import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { verifyRun } from '../../../src/extractor/doors/public';
import type { OutputFormat } from '../../../src/extractor/rows/columns/output-format';
import { hashText } from '../../../src/extractor/rows/hash/content-hash';
import { done } from '../../../tools/replay-server/tds-packets';
import { colMetadata, row, wireColumn } from '../../../tools/replay-server/wire-rows';
import { landRun, withHashes } from '../../support/runs/landed-run';
import { rowHash, sumOf } from '../../support/tds/reference-hash';
import { le } from '../../support/tds/typed-values';

const COLUMNS = [wireColumn.intN('Id', 4), wireColumn.decimal('Amount', 9, 2), wireColumn.decimal('Total', 19, 4)];
const AMOUNTS = [0n, 1n, -1n, 999_999_999n, -12_345n];

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'hash-version-')); });
afterEach(() => rmSync(folder, { recursive: true }));

const decimal = (value: bigint, size: number) => Buffer.concat([Buffer.from([value < 0n ? 0 : 1]), le(value < 0n ? -value : value, size)]);
const rowsOf = (chunk: number) => AMOUNTS.map((amount, i) => ({ id: 100 * chunk + i, amount, total: amount * 7n }));

function payloadOf(chunk: number): Buffer {
  const rows = rowsOf(chunk).map(({ id, amount, total }) => row(COLUMNS, [le(BigInt(id), 4), decimal(amount, 4), decimal(total, 8)]));
  return Buffer.concat([colMetadata([...COLUMNS]), ...rows, done(0x10, rows.length)]);
}

/** The content hash of version 1 of a chunk whose server announced 17 bytes for both decimals. */
function wideHash(chunk: number): string {
  const byLength = (value: Buffer) => Buffer.concat([Buffer.from([value.length]), value]);
  return hashText(sumOf(rowsOf(chunk).map(({ id, amount, total }) => (
    rowHash(Buffer.concat([Buffer.from([0]), byLength(le(BigInt(id), 4)), byLength(decimal(amount, 16)), byLength(decimal(total, 16))]))))));
}

const FORMATS: readonly [string, OutputFormat][] = [
  ['CSV', { name: 'csv', compression: 'none' }], ['JSON Lines', { name: 'jsonl', compression: 'gzip' }], ['Parquet', { name: 'parquet', compression: 'zstd' }],
];

async function verified(format: OutputFormat, hashes: (own: readonly string[]) => readonly string[], version?: number) {
  const run = await landRun(folder, [payloadOf(0), payloadOf(1)], format);
  const own = run.manifest.tables[0].objects.map(({ contentHash }) => contentHash!);
  run.rewrite((manifest) => withHashes(manifest, hashes(own), version));
  return verifyRun({ target: pathToFileURL(folder).href }, run.runId);
}

describe.each(FORMATS)('%s', (_, format) => {
  test('an old manifest whose server announced the length of the precision is proven, and nothing is noted', async () => {
    expect(await verified(format, (own) => own)).toMatchObject({ problems: [], notes: [], rows: 10 });
  });

  test('an old manifest whose server announced 17 bytes is proven by that rule, which is noted with the table', async () => {
    const { problems, notes } = await verified(format, () => [wideHash(0), wideHash(1)]);
    expect(problems).toEqual([]);
    expect(notes).toEqual([expect.stringMatching(/^dbo\.Amounts: its server announced 17 bytes for decimals .*; 2 of 2 objects are proven by that rule$/)]);
  });

  test('where neither rule holds the rows are others, also beside an object that is proven', async () => {
    const other = 'f'.repeat(32);
    const { problems, notes } = await verified(format, () => [wideHash(0), other]);
    expect(problems).toMatchObject([{ fault: 'content', table: 'dbo.Amounts', chunk: 1, expected: other }]);
    expect(notes).toEqual([expect.stringContaining('1 of 2 objects')]);
  });

  test('a manifest of version 2 has no other rule', async () => {
    const { problems } = await verified(format, () => [wideHash(0), wideHash(1)], 2);
    expect(problems).toMatchObject([{ fault: 'content', chunk: 0 }, { fault: 'content', chunk: 1 }]);
  });
});

test('a manifest of a version that is not known is refused by name', async () => {
  await expect(verified(FORMATS[0][1], (own) => own, 3)).rejects.toMatchObject({
    code: 'CONTENT_MISMATCH', message: expect.stringContaining('has the contentHashVersion 3; this release knows 1 and 2'),
  });
});
