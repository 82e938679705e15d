import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runIdAfter, runIdAt, type ChangeChain } from '../../../../src/contract';
import { sync, type ExtractorProps } from '../../../../src/extractor/doors/public';
import { standInRuns } from '../../../support/source/stand-in-runs';

/* Runs of a chain whose ids, which are made by the clocks of whoever reads, are to be in the order of the runs. */

const runs = standInRuns();

test('an id is above the one before, by a millisecond where the clock is not', () => {
  const at = (iso: string) => new Date(iso);
  const last = runIdAt(at('2026-01-31T23:59:59.999Z'), 'zzzzzz');
  expect(runIdAfter(last, at('2026-01-31T10:00:00Z'), 'aaaaaa')).toBe('20260201T000000000Z-aaaaaa');
  expect(runIdAfter(last, at('2026-02-01T10:00:00Z'), 'aaaaaa')).toBe('20260201T100000000Z-aaaaaa');
  expect(runIdAfter(undefined, at('2026-02-01T10:00:00Z'), 'aaaaaa')).toBe('20260201T100000000Z-aaaaaa');
});

test('a sync whose clock is behind the last run begins one above it, so that a table read whole is shown', async () => {
  await runs.client.batch('CREATE TABLE dbo.Heap (Id int NOT NULL); INSERT dbo.Heap VALUES (1)');
  const props: ExtractorProps = { ...runs.endpoints, tables: ['Heap'], readers: 1, threads: 0 };
  await runs.client.batch(`ALTER DATABASE [${runs.server.database}] SET ALLOW_SNAPSHOT_ISOLATION ON`);
  await sync(props);
  const path = join(runs.folder, `_state/changes=${encodeURIComponent(`${runs.server.host}:${runs.server.port}/${runs.server.database}`)}/chain.json`);
  const chain = JSON.parse(readFileSync(path, 'utf8')) as ChangeChain;
  const later = runIdAt(new Date(Date.now() + 3_600_000), 'abcdef');
  const tables = Object.fromEntries(Object.entries(chain.tables).map(([key, link]) => [key, { ...link, runId: later }]));
  writeFileSync(path, JSON.stringify({ ...chain, runId: later, tables }));
  const { run, landedRuns } = await sync(props);
  expect(run!.runId > later).toBe(true);
  expect(landedRuns).toEqual([run!.runId]);
});
