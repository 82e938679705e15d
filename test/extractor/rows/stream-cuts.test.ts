import { readRows } from '../../../src/extractor/rows';
import type { OutputFormat } from '../../../src/extractor/rows/columns/output-format';
import { packetize } from '../../../tools/replay-server/tds-packets';
import { colMetadata } from '../../../tools/replay-server/wire-rows';
import { capturePayload } from '../../support/tds/captures';
import { connectReplay, landPayload } from '../../support/tds/land';
import { MemoryTarget } from '../../support/tds/memory-target';
import { payloadOf, TYPED_COLUMNS, type TypedColumn, type TypedValue } from '../../support/tds/typed-values';
import { withoutKernels } from '../../support/tds/without-kernels';

/** Whether all types are swept, not only one of each way to be framed and read. */
const ALL = process.env.CUT_ALL_TYPES !== undefined;
const FORMATS: readonly OutputFormat[] = [
  { name: 'csv', compression: 'none' }, { name: 'jsonl', compression: 'none' }, { name: 'parquet', compression: 'none' },
];
const WAYS = [['with kernels', <T>(run: () => Promise<T>) => run()], ['without', withoutKernels]] as const;

/** Bytes, hash and tallies. */
interface Outcome {
  readonly objects: readonly Buffer[];
  readonly files: readonly { readonly contentHash: bigint }[];
  readonly tallies: unknown;
}

function same(got: Outcome, whole: Outcome): boolean {
  return got.objects.length === whole.objects.length && got.objects.every((object, i) => object.equals(whole.objects[i]))
    && got.files.every(({ contentHash }, i) => contentHash === whole.files[i].contentHash)
    && JSON.stringify(got.tallies) === JSON.stringify(whole.tallies);
}

const LIKE_OTHERS = /^(time|datetime2|datetimeoffset)_[01245]$|^dec_(1_0|9_9|10_4|18_18|19_4|28_10|38_0|38_38)$|^variant_(bit|int|bigint|real|date|time_7|datetime|uniqueidentifier|varchar)$/;
const columns = TYPED_COLUMNS.filter(({ column: { name } }) => ALL || !LIKE_OTHERS.test(name));

/** The longest of the short values, which has a byte for every place where it can be cut; in pieces where it can be. */
function shortValue({ edges }: TypedColumn): TypedValue {
  const bytes = ({ cell }: TypedValue) => (cell === null ? 0 : Buffer.isBuffer(cell) ? cell.length : Buffer.concat(cell as readonly Buffer[]).length);
  const shortFirst = edges.filter(({ cell }) => cell !== null).sort((a, b) => bytes(a) - bytes(b));
  const longest = shortFirst.filter((value) => bytes(value) <= 20).at(-1) ?? shortFirst[0];
  return shortFirst.find((value) => Array.isArray(value.cell) && bytes(value) === bytes(longest)) ?? longest;
}

/** Few columns each, because every cut compiles their decoder again. */
const groups = Array.from({ length: Math.ceil(columns.length / 2) }, (_, i) => columns.slice(2 * i, 2 * i + 2));

test.each(groups.map((group) => [group.map(({ column }) => column.name).join(', '), group] as const))('%s: a response cut at any byte is the same', async (_, group) => {
  const values = group.map(shortValue);
  const nulls = group.map(({ edges }) => edges[0]);
  // A row of each kind, so that one is whole before a cut in the other; a NULL where the column has it.
  const payload = payloadOf(group, [{ values, bitmap: false }, { values: [nulls[0], ...values.slice(1)], bitmap: true }]);
  // What describes the columns is the same code for all of them: it is cut in one format.
  const described = colMetadata(group.map(({ column }) => column)).length;
  let cuts = 0;
  for (const format of FORMATS) {
    const whole = await withoutKernels(() => landPayload(payload, format));
    expect(whole.rows).toBe(2);
    for (const [, way] of WAYS) {
      for (let cut = cuts === 0 ? 1 : described; cut < payload.length; cut++) {
        const got = await way(() => landPayload(payload, format, { cuts: [cut, payload.length], initialBuffer: 64 }));
        if (!same(got, whole)) throw new Error(`${format.name}, cut behind byte ${cut} of ${payload.length}: another outcome`);
        cuts += 1;
      }
    }
  }
  expect(cuts).toBe(2 * FORMATS.length * (payload.length - described) + described - 1);
});

test('every type of the wire is swept', () => {
  const bases = (all: readonly TypedColumn[]) => new Set(all.map(({ column: { type } }) => type));
  expect(bases(columns)).toEqual(bases(TYPED_COLUMNS));
});

describe.each(['all-types-packet-4096', 'customers-500', 'transactions-2000', 'ledger-20000'])('%s in packets', (capture) => {
  const payload = capturePayload(capture);

  test.each([512, 4096, 16383, 32767])('of %i bytes is the same', async (packetSize) => {
    const packets = packetize(payload, packetSize, true);
    const { connection, stop } = await connectReplay(() => [packets], packetSize);
    try {
      for (const format of FORMATS) {
        const whole = await landPayload(payload, format);
        for (const [, way] of WAYS.slice(0, capture === 'ledger-20000' && packetSize !== 16383 ? 1 : 2)) {
          const target = new MemoryTarget();
          const { files, tallies } = await way(() => readRows({ connection, sql: 'select', format, subject: 'test', targetFileBytes: Infinity, open: target.open }));
          expect(same({ objects: target.completed, files, tallies }, whole)).toBe(true);
        }
      }
    } finally {
      await stop();
    }
  });
});
