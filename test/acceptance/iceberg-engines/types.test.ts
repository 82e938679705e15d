import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compactTable } from '../../../src/iceberg/commit/compact/compact-table';
import type { Workplace } from '../../../src/iceberg/commit/workplace';
import { READERS, readSeen } from '../../../tools/docs/iceberg-readers';
import { compareCells, type Engine, startEngine, type WorkerEngine } from '../../../tools/engines';
import { Lake } from '../../../tools/lake/lake';
import { byType, seenBy } from '../../../tools/lake/seen-types';
import { landTypes, type TypeTable } from '../../../tools/lake/type-tables';
import { type LocalCloud, startLocalCloud } from '../../../tools/local-cloud';
import { type StandIn, startStandIn } from '../../../tools/stand-in';
import { describeEngines, describeWith } from '../../support/engines';
import { commitNothing } from '../../support/iceberg/changed-table';
import { filterCases, filterQueries } from '../../support/iceberg/filters';
import { landVectors } from '../../support/iceberg/vector-table';

/** What was landed of others' values and committed by us, in the engines of others: cell by cell. */
describeWith(['pyiceberg'], 'landed tables of every type', () => {
  let cloud: LocalCloud;
  let server: StandIn;
  let lake: Lake;
  let folder: string;
  let tables: readonly TypeTable[];
  let vectors: TypeTable;
  let compacted: TypeTable;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'iceberg-types-'));
    cloud = await startLocalCloud({ enforceIam: false });
    server = await startStandIn({ transactions: 10 });
    lake = await Lake.open(cloud, folder);
    tables = await landTypes(lake, folder, server);
    vectors = await commitVectors('Vectors');
    compacted = await commitVectors('Compacted', async (workplace, name) => {
      await commitNothing(workplace, name);
      const done = await compactTable(workplace, name);
      expect(done).toMatchObject({ state: 'COMPACTED', filesAfter: 1 });
      expect(done.filesBefore).toBeGreaterThan(2);
      return done.metadataLocation!;
    });
  }, 120_000);

  async function commitVectors(table: string, then?: (workplace: Workplace, name: string) => Promise<string>): Promise<TypeTable> {
    const { manifest, manifestKey, expected } = await landVectors(lake, table);
    const [{ name }] = await lake.commit(manifestKey, {}, manifest);
    const [{ metadataLocation }] = await lake.commitInFolder(manifestKey, {}, manifest);
    await then?.(lake.inCloud, name);
    const inFolder = await then?.(lake.inFolder, name) ?? metadataLocation!;
    return { manifest: manifest.tables[0], expected, inCloud: await lake.address(name), inFolder: { metadataLocation: inFolder.slice('file://'.length) } };
  }

  afterAll(async () => {
    lake?.close();
    await server?.stop();
    await cloud?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  describeEngines(READERS, (name) => {
    let engine: Engine;
    beforeAll(async () => { engine = await startEngine(name, cloud); }, 240_000);
    afterAll(async () => engine?.stop());

    test('every edge value of the stand-in\'s types is as tools/docs/iceberg-readers.json has it', async () => {
      const seen = byType(tables, [await seenBy(engine, tables)]);
      expect(seen.map(({ engines }) => engines)).toEqual(readSeen().types.map(({ engines }) => ({ [name]: engines[name] })));
      expect(engine.version).toBe(readSeen().versions[name]);
    }, 120_000);

    test('every value of responses of other servers is the one that others wrote down', async () => {
      const findings = await compareCells(engine, vectors.inCloud, vectors.expected);
      expect(findings.length).toBeGreaterThan(200);
      expect(findings.filter(({ outcome }) => outcome !== 'equal')).toEqual([]);
    }, 120_000);

    test('the same of rows that a compaction of ours wrote anew', async () => {
      expect((await compareCells(engine, compacted.inCloud, compacted.expected)).filter(({ outcome }) => outcome !== 'equal')).toEqual([]);
    }, 120_000);

    if (name !== 'trino') {
      test('the same of tables in a folder', async () => {
        for (const { inFolder, expected, option } of [...tables, vectors, compacted]) {
          const wrong = (await compareCells(engine, inFolder, expected)).filter(({ outcome }) => outcome !== 'equal');
          const refuses = name === 'spark' && option?.includes('time:');
          expect(wrong).toEqual(refuses ? Object.keys(expected.columns).slice(1).map((column) => expect.objectContaining({ column, outcome: 'refused' })) : []);
        }
      }, 120_000);
    }

    test('a row is found by its value in every column, though statistics leave files out', async () => {
      const [{ inCloud, expected }] = tables;
      const cases = filterCases(expected, oneOfEachType(tables[0]));
      expect(cases.length).toBeGreaterThan(60);
      if (name === 'pyiceberg') {
        const found = await (engine as WorkerEngine).call('find', {
          table: inCloud.glue, cases: cases.map(({ column, value }) => [column, value]), key: expected.key,
        }) as ReadonlyArray<{ readonly keys: readonly string[]; readonly files: number }>;
        expect(found.map(({ keys }) => [...keys].sort())).toEqual(cases.map(({ keys }) => keys));
        expect(found.filter(({ files }) => files === 1).length).toBeGreaterThan(30);
        return;
      }
      const { types, names } = await engine.rows(inCloud, { columns: Object.keys(expected.columns) });
      const found: string[] = [];
      for (const sql of filterQueries(name, inCloud, expected.key, cases, (column) => types[names.indexOf(column)])) {
        found.push(...(await engine.query(sql)).rows.map(([at, key]) => `${at} ${key}`));
      }
      expect(found.sort()).toEqual(cases.flatMap(({ keys }, at) => keys.map((key) => `${at} ${key}`)).sort());
    }, 120_000);
  });
});

/** Statistics are made by landed type, and of decimals by precision. */
function oneOfEachType({ manifest, expected }: TypeTable): string[] {
  const columns = new Map(manifest.columns.map(({ name, sourceType, outputType }) => [`${sourceType.split('(')[0]} ${outputType}`, name.toLowerCase()]));
  return [...columns.values()].filter((column) => column in expected.columns);
}
