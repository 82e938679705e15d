import * as fc from 'fast-check';
import { LegacyToS3Error } from '../../../../src/extractor/api/errors';
import { OutputFormat } from '../../../../src/extractor/rows/columns/output-format';
import { done } from '../../../../tools/replay-server/tds-packets';
import { capturePayload, parseCsv } from '../../../support/tds/captures';
import { jsonRows } from '../../../support/tds/json-rows';
import { Landing, landPayload } from '../../../support/tds/land';
import { sameAsTedious, tediousRows } from '../../../support/tds/tedious-rows';
import { anyRow, payloadOf, TYPED_COLUMNS } from '../../../support/tds/typed-values';

/** Mutated responses; `npm run fuzz` sets FUZZ_RUNS to 100,000. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 1500);
const CAPTURES = ['parameterised-range', 'error-after-rows', 'two-results', 'print-message', 'empty-result'].map(capturePayload);
const CSV: OutputFormat = { name: 'csv', compression: 'none' };
const JSON_LINES: OutputFormat = { name: 'jsonl', compression: 'none', binary: 'hex' };
const PARQUET: OutputFormat = { name: 'parquet', compression: 'none' };
const CODES = new Set(['PROTOCOL_ERROR', 'INVALID_VALUE', 'UNSUPPORTED_TYPE', 'INVALID_CONFIG']);

const mutation = fc.record({
  // Spread evenly: fast-check's own doubles are mostly next to 0.
  at: fc.nat(2 ** 30).map((seed) => (Math.imul(seed, 0x9e3779b1) >>> 0) / 2 ** 32),
  kind: fc.constantFrom('set', 'set', 'set', 'set', 'set', 'delete', 'insert', 'cut'),
  byte: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xd1, 0xd2, 0xfe, 0xff)),
});

function mutate(payload: Buffer, mutations: readonly { readonly at: number; readonly kind: string; readonly byte: number }[]): Buffer {
  let bytes: Buffer = Buffer.from(payload);
  for (const { at, kind, byte } of mutations) {
    const position = Math.floor(at * bytes.length);
    const [before, after] = [bytes.subarray(0, position), bytes.subarray(position)];
    if (kind === 'set') bytes[position] = byte;
    else if (kind === 'delete') bytes = Buffer.concat([before, after.subarray(1)]);
    else if (kind === 'insert') bytes = Buffer.concat([before, Buffer.from([byte]), after]);
    else bytes = before;
  }
  return bytes;
}

/** What landed; undefined where the response was refused by a typed error, as it must be. */
async function landed(payload: Buffer, format: OutputFormat, cut: number): Promise<Landing | undefined> {
  try {
    return await landPayload(payload, format, { cuts: [cut] });
  } catch (error) {
    if (!(error instanceof LegacyToS3Error) || !CODES.has(error.code)) throw error;
    return undefined;
  }
}

/** The first rows of the capture of all types, variants among them. */
async function firstRows(): Promise<Buffer> {
  const payload = capturePayload('all-types-packet-4096');
  for (let end = 12_000; end < payload.length; end++) {
    if (payload[end] !== 0xd1 && payload[end] !== 0xd2) continue;
    const cut = Buffer.concat([payload.subarray(0, end), done(0x10)]);
    if (await landed(cut, CSV, 0x10000)) return cut;
  }
  throw new Error('the capture has no row behind 12,000 bytes');
}

/** A few rows of a few types. */
const typedPayload = fc.subarray([...TYPED_COLUMNS], { minLength: 1, maxLength: 6 })
  .chain((columns) => fc.array(anyRow(columns), { minLength: 1, maxLength: 4 }).map((rows) => payloadOf(columns, rows)));

test('a damaged response gives the rows that another decoder reads from it, or a typed error', async () => {
  const outcomes = { refused: 0, decoded: 0, compared: 0, rows: 0, refusedByTediousOnly: 0 };
  const payloads = [...CAPTURES, await firstRows(), ...fc.sample(typedPayload, { numRuns: 300 })];
  await fc.assert(fc.asyncProperty(
    fc.constantFrom(...payloads), fc.array(mutation, { minLength: 1, maxLength: 2 }), fc.integer({ min: 1, max: 5000 }),
    async (payload, mutations, cut) => {
      const damaged = mutate(payload, mutations);
      const [csv, json, parquet] = [await landed(damaged, CSV, cut), await landed(damaged, JSON_LINES, cut), await landed(damaged, PARQUET, cut)];
      if (!csv) {
        outcomes.refused += 1;
        expect([json, parquet]).toEqual([undefined, undefined]);
        return;
      }
      outcomes.decoded += 1;
      const rows = parseCsv(csv.objects[0].toString('utf8')).slice(1);
      expect(rows).toHaveLength(csv.rows);
      // Two names that only differ by case, or a companion's name, are refused in one format and not in the other.
      if (json) expect(jsonRows(json.objects[0])).toEqual(rows);
      if (parquet) expect([parquet.rows, parquet.files[0].contentHash]).toEqual([csv.rows, csv.files[0].contentHash]);
      const other = await tediousRows(damaged).catch(() => undefined);
      if (!other) {
        outcomes.refusedByTediousOnly += 1;
        return;
      }
      outcomes.compared += 1;
      outcomes.rows += other.length;
      expect(rows).toHaveLength(other.length);
      other.forEach((cells, r) => cells.forEach((cell, c) => {
        if (!sameAsTedious(rows[r][c], cell)) expect({ row: r, column: csv.columns[c], value: rows[r][c] }).toBe(cell);
      }));
    },
  ), { numRuns: RUNS });
  if (process.env.FUZZ_RUNS) process.stdout.write(`${JSON.stringify(outcomes)}\n`);
  expect(outcomes.refused).toBeGreaterThan(RUNS / 10);
  expect(outcomes.compared).toBeGreaterThan(RUNS / 10);
  expect(outcomes.rows).toBeGreaterThan(RUNS / 10);
}, 7_200_000);
