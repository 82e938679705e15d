import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type sql from 'mssql';
import { parseManifest } from '../../../src/contract';
import { ExtractFormat, Extractor, ParquetCompression, SourceHashes, TextCompression } from '../../../src/extractor/doors/public';
import { startStandIn, type StandIn } from '../../../tools/stand-in';
import { connectClient, sourceOf } from '../../support/source/stand-in-client';
import { rowsOf, type Faults } from '../../support/tds/vector-rows';

/** Text of every kind of code page, with characters for private use, from a table to verified files. */

const TEXTS: ReadonlyArray<readonly [collation: string, codePage: string, text: string]> = [
  ['Japanese_CI_AS', 'CP932', '髙\ue000\ue757\uf8f0①'],
  ['Chinese_PRC_CI_AS', 'CP936', '€\ue000\ue4c5\ue766\ue864'],
  ['Korean_Wansung_CI_AS', 'CP949', '한\ue000\ue0bb'],
  ['Chinese_Taiwan_Stroke_CI_AS', 'CP950', '碁\ue000\ueeb8\uf6b1\uf848'],
  ['Thai_CI_AS', 'CP874', 'ก\uf8c1\uf8c8\u0081'],
  ['Greek_CI_AS', 'CP1253', 'Ω\uf8f9\uf8fb'],
  ['Hebrew_CI_AS', 'CP1255', 'ש\uf88d\uf896'],
  ['Estonian_CI_AS', 'CP1257', 'Š\uf8fc\uf8fd'],
  ['SQL_Latin1_General_CP850_BIN2', 'CP850', 'é║'],
  ['SQL_EBCDIC037_CP1_CS_AS', 'CP1252', 'é€\u009d'],
  ['Latin1_General_100_CI_AS_SC_UTF8', 'utf-8', '𝄞\ue000'],
];

let server: StandIn;
let client: sql.ConnectionPool;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'collations-'));
  server = await startStandIn({ transactions: 10 });
  client = await connectClient(server);
  await client.batch(`CREATE TABLE dbo.Texts (Id int NOT NULL PRIMARY KEY, ${TEXTS.map(([collation], i) => `T${i} varchar(40) COLLATE ${collation} NULL`).join(', ')});
    INSERT dbo.Texts VALUES (1, ${TEXTS.map(([, , text]) => `N'${text}'`).join(', ')})`);
});
afterAll(async () => {
  await client.close();
  await server.stop();
  rmSync(folder, { recursive: true });
});

test.each([
  ['csv', ExtractFormat.csv({ compression: TextCompression.NONE })],
  ['jsonl', ExtractFormat.jsonLines({ compression: TextCompression.NONE })],
  ['parquet', ExtractFormat.parquet({ compression: ParquetCompression.NONE })],
] as const)('each lands as its characters in %s, proven by aggregates and hashes of the source', async (name, format) => {
  const extractor = new Extractor({
    source: sourceOf(server),
    target: pathToFileURL(folder).href,
    tables: ['dbo.Texts'],
    format,
    sourceHashes: SourceHashes.ALL,
  });
  const { runId, manifestKey, verification } = await extractor.run();
  expect(verification).toBe('verified');
  const { tables: [{ columns, objects: [object], alterations }] } = parseManifest(readFileSync(join(folder, manifestKey), 'utf8'));
  expect(columns.map(({ codePage }) => codePage)).toEqual([undefined, ...TEXTS.map(([, codePage]) => codePage)]);
  expect(alterations).toBeUndefined();
  const faults: Faults = [];
  expect(await rowsOf(readFileSync(join(folder, object.key)), columns, name, faults, undefined)).toEqual([['1', ...TEXTS.map(([, , text]) => text)]]);
  expect(faults).toEqual([]);
  await expect(extractor.verify(runId, { againstSource: true })).resolves.toMatchObject({ problems: [], notes: [], sourceCompared: true });
});
