import type { ChangeChain, ChangeMark, ManifestTable } from '../../../src/contract';
import { linkKey, withRun } from '../../../src/extractor/state/chain-store';

const TABLE = { schema: 'dbo', table: 'Orders' };
const mark = (order: number, minute: number, lineage = 'one'): ChangeMark => (
  { way: 'changeTracking', lineage, order: String(order).padStart(20, '0'), at: `2026-01-01T10:${String(minute).padStart(2, '0')}:00.000Z` });
const runId = (minute: number) => `20260101T10${String(minute).padStart(2, '0')}00000Z-abcdef`;

/** A chain whose table is as of a mark by the run of a minute. */
const chainAt = (minute: number, at: ChangeMark): ChangeChain => (
  { version: 1, runId: runId(minute), tables: { [linkKey(TABLE)]: { runId: runId(minute), mark: at, shape: 'shape' } } });

function linkedTo(chain: ChangeChain, minute: number, table: Partial<ManifestTable>): string {
  const manifest = { runId: runId(minute), finishedAt: '2026-01-01T10:59:00.000Z', tables: [{ ...TABLE, ...table } as ManifestTable] };
  return withRun(chain, { manifest, shapes: new Map() }).tables[linkKey(TABLE)].runId;
}

const whole = (base: ChangeMark) => ({ base: { mark: base, exact: true } });

test('changes are linked to the mark they begin at alone', () => {
  const chain = chainAt(10, mark(5, 10));
  const changes = (from: number) => ({ changes: { from: mark(from, 10), to: mark(9, 11) } as ManifestTable['changes'] });
  expect([linkedTo(chain, 11, changes(5)), linkedTo(chain, 11, changes(4))]).toEqual([runId(11), runId(10)]);
});

test.each<[string, number, ChangeMark, boolean]>([
  ['that began and read before', 5, mark(3, 5), false],
  ['that began before and read after', 5, mark(7, 12), true],
  ['of a clock that is behind, of another lineage', 5, mark(0, 12, 'two'), true],
  ['of a clock that is ahead, which read before', 15, mark(3, 5), false],
  ['of a source that went back', 15, mark(3, 15), true],
  ['of another lineage that began before', 5, mark(7, 5, 'two'), false],
])('a whole run %s is linked as the landed table shows it', (_what, minute, base, isLinked) => {
  expect(linkedTo(chainAt(10, mark(5, 10)), minute, whole(base)) === runId(minute)).toBe(isLinked);
});

test('a whole run without a mark is linked by its id', () => {
  expect([5, 15].map((minute) => linkedTo(chainAt(10, mark(5, 10)), minute, {}))).toEqual([runId(10), runId(15)]);
});
