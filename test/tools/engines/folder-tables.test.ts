import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Engine, sortedBy, WorkerEngine } from '../../../tools/engines';
import { describeWith } from '../../support/engines';

/** What Iceberg's own Hadoop catalog makes of a folder, and what other engines take for a table in one. */
describeWith(['spark', 'pyiceberg', 'duckdb'], 'a table of Spark in a folder', () => {
  let engines: readonly Engine[] = [];
  let location: string;

  beforeAll(async () => {
    const spark = await WorkerEngine.start('spark');
    engines = [spark];
    engines = [spark, await WorkerEngine.start('pyiceberg'), await WorkerEngine.start('duckdb')];
    await spark.query('CREATE TABLE spark_catalog.default.words USING iceberg AS SELECT CAST(1 AS bigint) id, \'one\' word');
    await spark.query('INSERT INTO spark_catalog.default.words VALUES (2, \'two\')');
    const { rows } = await spark.query('DESCRIBE TABLE EXTENDED spark_catalog.default.words');
    const text = rows.find(([name]) => name === 'Location')![1]!;
    location = text.startsWith('file:') ? fileURLToPath(text) : text;
  }, 240_000);
  afterAll(async () => { await Promise.all(engines.map((engine) => engine.stop())); });

  test('has numbered metadata and a hint without a line end', () => {
    const files = readdirSync(path.join(location, 'metadata'));
    expect(files).toEqual(expect.arrayContaining(['v1.metadata.json', 'v2.metadata.json', 'version-hint.text']));
    expect(readFileSync(path.join(location, 'metadata', 'version-hint.text'), 'utf8')).toBe('2');
  });

  test.each([
    ['the folder', '', 2], ['its newest metadata', 'metadata/v2.metadata.json', 2], ['its older metadata', 'metadata/v1.metadata.json', 1],
  ])('is read by %s', async (_, file, rows) => {
    for (const engine of engines) {
      const read = await engine.rows({ metadataLocation: path.join(location, file) });
      expect([engine.name, sortedBy(read, 'id')]).toEqual([engine.name, [['1', 'one'], ['2', 'two']].slice(0, rows)]);
    }
  });
});
