import * as fc from 'fast-check';
import { LegacyToS3Error } from '../../../src/extractor/errors';
import { OutputFormat } from '../../../src/extractor/formats/output-format';
import { capturePayload } from '../../support/tds-captures';
import { landPayload } from '../../support/tds-land';

/** Mutated responses; the long run sets FUZZ_RUNS. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 5000);
const CAPTURES = ['parameterised-range', 'error-after-rows', 'two-results', 'print-message', 'empty-result'].map(capturePayload);
const ALL_TYPES = capturePayload('all-types-packet-4096').subarray(0, 20_000);
const FORMATS: readonly OutputFormat[] = [
  { name: 'csv', compression: 'none' }, { name: 'jsonl', compression: 'none' }, { name: 'parquet', compression: 'none' },
];
const CODES = new Set(['PROTOCOL_ERROR', 'INVALID_VALUE', 'UNSUPPORTED_TYPE', 'INVALID_CONFIG']);

const mutation = fc.record({
  // Spread evenly: fast-check's own doubles are mostly next to 0.
  at: fc.nat(2 ** 30).map((seed) => (Math.imul(seed, 0x9e3779b1) >>> 0) / 2 ** 32),
  kind: fc.constantFrom('set', 'delete', 'insert', 'cut'),
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

test('a damaged response is decoded or refused by a typed error, in bounded time', async () => {
  const outcomes = { decoded: 0, refused: 0 };
  await fc.assert(fc.asyncProperty(
    fc.constantFrom(...CAPTURES, ALL_TYPES), fc.constantFrom(...FORMATS), fc.array(mutation, { minLength: 1, maxLength: 3 }),
    fc.integer({ min: 1, max: 5000 }),
    async (payload, format, mutations, cut) => {
      try {
        await landPayload(mutate(payload, mutations), format, { cuts: [cut] });
        outcomes.decoded += 1;
      } catch (error) {
        outcomes.refused += 1;
        if (!(error instanceof LegacyToS3Error) || !CODES.has(error.code)) throw error;
      }
    },
  ), { numRuns: RUNS });
  expect(outcomes.refused).toBeGreaterThan(RUNS / 10);
  expect(outcomes.decoded).toBeGreaterThan(RUNS / 50);
}, 3_600_000);
