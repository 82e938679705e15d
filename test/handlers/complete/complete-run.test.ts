import { createHash } from 'node:crypto';
import { datasetRunFolder, Manifest, ManifestPage, manifestPageKey, MAX_RUN_PROBLEMS, METRICS } from '../../../src/contract';
import { metricValues, RecorderFixture, together } from '../recorder-fixture';
import { changed, LandedRun, landManifest, landRun } from '../run-fixture';

let fixture: RecorderFixture;
beforeAll(async () => { fixture = await RecorderFixture.start(); });
afterAll(async () => fixture?.stop());

async function complete(run: LandedRun, bucket: string, manifest: Manifest = run.manifest) {
  return fixture.invoke(await landManifest(fixture, bucket, run.key, manifest));
}

test('a run whose manifest is in pages becomes COMPLETE, and its pages are no landed objects', async () => {
  const run = await landRun(fixture, fixture.versioned);
  await fixture.invoke(together(...run.parts.map((part) => part.event)));
  const pages: ManifestPage[] = [];
  for (const [at, table] of run.manifest.tables.entries()) {
    const key = manifestPageKey(run.manifest.prefix, run.runId, at + 1);
    const text = JSON.stringify({ runId: run.runId, page: at + 1, tables: [table] });
    await fixture.invoke(await fixture.put(fixture.versioned, key, text));
    expect(await fixture.item(key)).toBeUndefined();
    pages.push({ key, sizeBytes: text.length, sha256: createHash('sha256').update(text).digest('hex') });
  }
  const paged: Manifest = { ...run.manifest, manifestVersion: 2, tables: [], pages };
  expect((await complete(run, fixture.versioned, paged)).error).toBeUndefined();
  expect(await fixture.run(run.runId)).toMatchObject({ runState: 'COMPLETE', tables: 2, objects: 4, rows: run.manifest.totals.rows });
  const { error } = await complete(run, fixture.versioned, { ...paged, pages: [pages[0], { ...pages[1], sha256: '0'.repeat(64) }] });
  expect(error!.errorMessage).toContain('pages[1]: expected SHA-256 0000');
});

test('a run that lacks tables is INCOMPLETE and says which, and COMPLETE once they have landed', async () => {
  const run = await landRun(fixture, fixture.versioned);
  await fixture.invoke(together(...run.parts.map((part) => part.event)));
  const lacking: Manifest = {
    ...run.manifest, manifestVersion: 3, missingTables: [{ schema: 'dbo', table: 'Cards', code: 'SOURCE_PERMISSION_DENIED', message: 'no SELECT' }],
  };
  expect((await complete(run, fixture.versioned, lacking)).error).toBeUndefined();
  expect(await fixture.run(run.runId)).toMatchObject({ runState: 'INCOMPLETE', problems: ['dbo.Cards is missing: SOURCE_PERMISSION_DENIED: no SELECT'] });
  expect((await complete(run, fixture.versioned)).error).toBeUndefined();
  expect(await fixture.run(run.runId)).toMatchObject({ runState: 'COMPLETE' });
});

test('of a run of a chain that lacks tables those it has hold, unless something else is wrong', async () => {
  const run = await landRun(fixture, fixture.versioned);
  await fixture.invoke(together(...run.parts.map((part) => part.event)));
  const missingTables = [{ schema: 'dbo', table: 'Cards', code: 'SOURCE_PERMISSION_DENIED', message: 'no SELECT' }];
  const following: Manifest = { ...run.manifest, manifestVersion: 3, follows: true, missingTables };
  await complete(run, fixture.versioned, following);
  expect(await fixture.run(run.runId)).toMatchObject({ runState: 'INCOMPLETE', tablesHold: true, problems: [expect.stringContaining('dbo.Cards is missing')] });
  await complete(run, fixture.versioned, { ...following, follows: undefined });
  expect((await fixture.run(run.runId))!.tablesHold).toBeUndefined();
  await complete(run, fixture.versioned, { ...following, totals: { ...following.totals, rows: following.totals.rows + 1 } });
  expect(await fixture.run(run.runId)).not.toHaveProperty('tablesHold');
});

describe.each(['plain', 'versioned'] as const)('in the %s bucket', (kind) => {
  test('a run whose parts are as the manifest says becomes COMPLETE', async () => {
    const run = await landRun(fixture, fixture[kind]);
    await fixture.invoke(together(...run.parts.map((part) => part.event)));
    const event = await landManifest(fixture, fixture[kind], run.key, run.manifest);
    const invocation = await fixture.invoke(event);
    expect(invocation.error).toBeUndefined();
    const { object } = event.Records[0].s3;
    expect(await fixture.run(run.runId)).toEqual({
      objectKey: `run#${run.runId}`,
      versionId: 'run',
      itemType: 'run',
      runId: run.runId,
      dataset: '#runs',
      lastModified: run.manifest.finishedAt,
      database: run.manifest.source.database,
      verification: run.manifest.verification.state,
      consistency: run.manifest.consistency.mode,
      runState: 'COMPLETE',
      manifestKey: run.key,
      manifestVersionId: object.versionId ?? 'null',
      manifestETag: object.eTag,
      announced: `COMPLETE ${object.eTag}`,
      bucket: fixture[kind],
      startedAt: run.manifest.startedAt,
      finishedAt: run.manifest.finishedAt,
      recordedAt: expect.any(String),
      tables: 2,
      objects: 4,
      rows: run.manifest.totals.rows,
      sizeBytes: run.manifest.totals.sizeBytes,
    });
    expect(metricValues(invocation, METRICS.runsComplete)).toEqual([1]);
    expect(metricValues(invocation, METRICS.rowsLanded)).toEqual([run.manifest.totals.rows]);
    expect(metricValues(invocation, METRICS.runObjects)).toEqual([4]);
    expect(metricValues(invocation, METRICS.runBytes)).toEqual([run.manifest.totals.sizeBytes]);
    const [latency] = metricValues(invocation, METRICS.endToEndLatency);
    expect(Math.abs(Date.now() - Date.parse(run.manifest.startedAt) - latency)).toBeLessThan(30_000);
    // The manifest is an object like any other too.
    expect(await fixture.item(run.key, object.versionId)).toMatchObject({ state: 'PRESENT', contentType: 'application/json' });
  });

  test.each(['before', 'after'])('rows and hashes are on the items when the parts\' events come %s the manifest\'s', async (order) => {
    const run = await landRun(fixture, fixture[kind]);
    const partEvents = together(...run.parts.map((part) => part.event));
    const manifestEvent = await landManifest(fixture, fixture[kind], run.key, run.manifest);
    for (const event of order === 'before' ? [partEvents, manifestEvent, partEvents] : [manifestEvent, partEvents]) {
      expect((await fixture.invoke(event)).error).toBeUndefined();
    }
    const parts = run.manifest.tables.flatMap((table) => table.objects.map((object) => ({ table, object })));
    for (const [index, { table, object }] of parts.entries()) {
      const told = run.parts[index].event.Records[0].s3.object;
      expect(await fixture.item(object.key, told.versionId)).toMatchObject({
        state: 'PRESENT',
        rows: object.rows,
        contentHash: object.contentHash,
        sizeBytes: object.sizeBytes,
        checksum: `SHA256:${object.checksum.value}`,
        dataset: `Ledger/dbo/${table.table}`,
        runId: run.runId,
        sequencer: told.sequencer.padEnd(32, '0'),
      });
    }
    expect(await fixture.run(run.runId)).toMatchObject({ runState: 'COMPLETE' });
  });
});

describe('a run is INCOMPLETE when', () => {
  let run: LandedRun;
  beforeEach(async () => { run = await landRun(fixture, fixture.plain); });

  async function problemsOf(manifest?: Manifest): Promise<readonly string[]> {
    const invocation = await complete(run, fixture.plain, manifest);
    expect(invocation.error).toBeUndefined();
    const item = await fixture.run(run.runId);
    expect(item!.runState).toBe('INCOMPLETE');
    expect(metricValues(invocation, METRICS.runsIncomplete)).toEqual([1]);
    expect(metricValues(invocation, METRICS.runsComplete)).toEqual([]);
    return item!.problems!;
  }

  test('a part is missing', async () => {
    await fixture.delete(fixture.plain, run.parts[2].key);
    expect(await problemsOf()).toEqual([`'${run.parts[2].key}' is missing`]);
    expect(await fixture.item(run.parts[2].key)).toBeUndefined();
    // What did hold is on the other parts' items.
    expect(await fixture.item(run.parts[0].key)).toMatchObject({ rows: run.manifest.tables[0].objects[0].rows });
  });

  test('a part has another size', async () => {
    await fixture.put(fixture.plain, run.parts[1].key, 'short', { ChecksumAlgorithm: 'SHA256' });
    const { sizeBytes } = run.manifest.tables[0].objects[1];
    expect(await problemsOf()).toEqual([`'${run.parts[1].key}' has 5 bytes, the manifest says ${sizeBytes}`]);
  });

  test('a part was altered to other bytes of the same size', async () => {
    const { sizeBytes } = run.manifest.tables[0].objects[1];
    await fixture.put(fixture.plain, run.parts[1].key, 'x'.repeat(sizeBytes), { ChecksumAlgorithm: 'SHA256' });
    expect(await problemsOf()).toEqual([expect.stringMatching(/part-00001-0000\.csv' has SHA256 .*=, the manifest says .*=$/)]);
    expect(await fixture.item(run.parts[1].key)).toBeUndefined();
  });

  test('a part has no checksum of the manifest\'s kind', async () => {
    const manifest = changed(run.manifest, (m) => { m.tables[0].objects[0].checksum.algorithm = 'CRC64NVME'; });
    expect(await problemsOf(manifest)).toEqual([expect.stringContaining('has no CRC64NVME checksum')]);
  });

  test('an object lies in a table\'s folder that the manifest does not name', async () => {
    const stray = `${datasetRunFolder('lake/', run.manifest.tables[0], run.runId)}part-00009-0000.csv`;
    await fixture.put(fixture.plain, stray, 'x');
    expect(await problemsOf()).toEqual([`'${stray}' is not named in the manifest`]);
  });

  test('the manifest\'s counts contradict each other', async () => {
    const manifest = changed(run.manifest, (m) => { m.tables[1].rows += 1; });
    const rows = run.manifest.totals.rows;
    expect(await problemsOf(manifest)).toEqual([
      expect.stringMatching(/^dbo\.Zahlungen 2024: its objects have rows \d+, the manifest says \d+$/),
      `totals.rows: the tables have ${rows + 1}, the manifest says ${rows}`,
    ]);
  });

  test('there are more problems than an item lists', async () => {
    const manifest = changed(run.manifest, (m) => {
      const [object] = m.tables[0].objects;
      m.tables[0].objects = Array.from({ length: MAX_RUN_PROBLEMS + 10 }, (_, i) => ({ ...object, key: `${object.key}.${i}` }));
    });
    const problems = await problemsOf(manifest);
    expect(problems).toHaveLength(MAX_RUN_PROBLEMS);
    expect(problems[0]).toMatch(/ is missing$/);
    expect(problems[MAX_RUN_PROBLEMS - 1]).toMatch(/^and \d+ more$/);
  });
});

test('landing the missing part and the same manifest again makes the run COMPLETE, and the repeated event counts once', async () => {
  const run = await landRun(fixture, fixture.versioned);
  const [missing] = run.parts;
  const body = `Accounts of ${run.runId}, chunk 0`;
  await fixture.delete(fixture.versioned, missing.key);
  const event = await landManifest(fixture, fixture.versioned, run.key, run.manifest);
  expect(metricValues(await fixture.invoke(event), METRICS.runsIncomplete)).toEqual([1]);
  expect(metricValues(await fixture.invoke(event), METRICS.runsIncomplete)).toEqual([]);
  await fixture.put(fixture.versioned, missing.key, body, { ChecksumAlgorithm: 'SHA256' });
  const mended = await fixture.invoke(event);
  expect(metricValues(mended, METRICS.runsComplete)).toEqual([1]);
  expect(await fixture.run(run.runId)).toMatchObject({ runState: 'COMPLETE' });
  expect((await fixture.run(run.runId))!.problems).toBeUndefined();
});

test('the newer manifest of a run wins, whichever event comes last', async () => {
  const run = await landRun(fixture, fixture.versioned);
  const wrong = changed(run.manifest, (m) => { m.totals.rows = 1; });
  const first = await landManifest(fixture, fixture.versioned, run.key, wrong);
  const second = await landManifest(fixture, fixture.versioned, run.key, run.manifest);
  await fixture.invoke(second);
  const late = await fixture.invoke(first);
  expect(late.error).toBeUndefined();
  expect(metricValues(late, METRICS.runsIncomplete)).toEqual([]);
  expect(await fixture.run(run.runId)).toMatchObject({ runState: 'COMPLETE', manifestVersionId: second.Records[0].s3.object.versionId });
});

test('a repeated manifest event completes a run whose first try broke off', async () => {
  const run = await landRun(fixture, fixture.plain);
  const event = await landManifest(fixture, fixture.plain, run.key, run.manifest);
  // The table cannot be reached: nothing is written.
  const broken = await fixture.newCompletion({ METADATA_TABLE_NAME: 'no-such-table' });
  const failed = await broken.invoke(event);
  await broken.stop();
  expect(failed.error).toBeDefined();
  expect(await fixture.run(run.runId)).toBeUndefined();
  expect((await fixture.invoke(event)).error).toBeUndefined();
  expect(await fixture.run(run.runId)).toMatchObject({ runState: 'COMPLETE' });
});

describe('a manifest that cannot be trusted is an error and leaves the run alone:', () => {
  test.each([
    ['not JSON', 'not a manifest', /INVALID_MANIFEST: invalid manifest: not JSON/],
    ['not UTF-8', Buffer.from([0x7b, 0xff]), /INVALID_MANIFEST: invalid manifest: not UTF-8/],
    ['of another version', '{"manifestVersion":99}', /manifestVersion: expected 1, 2, 3, 4, got 99/],
  ])('%s', async (_what, body, message) => {
    const { error, lines } = await fixture.invoke(await fixture.put(fixture.plain, `lake/_runs/run=r-${Math.random()}/_manifest.json`, body));
    expect(error!.errorType).toBe('BatchNotHandledError');
    expect(error!.errorMessage).toMatch(message);
    expect(lines.some((line) => JSON.parse(line).level === 'ERROR')).toBe(true);
  });

  test('a copy elsewhere', async () => {
    const run = await landRun(fixture, fixture.plain);
    await complete(run, fixture.plain);
    const before = await fixture.run(run.runId);
    const { error } = await fixture.invoke(await landManifest(fixture, fixture.plain, 'inbox/_manifest.json', changed(run.manifest, (m) => { m.totals.rows = 1; })));
    expect(error!.errorMessage).toContain(`MANIFEST_MISPLACED: expected the manifest of run '${run.runId}' at '${run.key}', got it at 'inbox/_manifest.json'`);
    expect(await fixture.run(run.runId)).toEqual(before);
    expect(await fixture.item('inbox/_manifest.json')).toMatchObject({ state: 'PRESENT' });
  });
});

test('a manifest deleted before its event is handled is recorded as gone', async () => {
  const run = await landRun(fixture, fixture.plain);
  const event = await landManifest(fixture, fixture.plain, run.key, run.manifest);
  await fixture.delete(fixture.plain, run.key);
  expect((await fixture.invoke(event)).error).toBeUndefined();
  expect(await fixture.item(run.key)).toMatchObject({ state: 'GONE' });
  expect(await fixture.run(run.runId)).toBeUndefined();
});
