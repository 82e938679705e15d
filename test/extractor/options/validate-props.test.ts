import { Extractor, extract, ExtractFormat, LegacyToS3Error, ParquetCompression, TextCompression, type ExtractorProps } from '../../../src/extractor/doors/public';

const SOURCE = { server: 'db', database: 'Ledger', user: 'reader' };
const PROPS: ExtractorProps = { source: SOURCE, target: 's3://bucket/prefix' };

test('the least of options is enough', () => {
  expect(() => new Extractor(PROPS)).not.toThrow();
});

test.each<[string, unknown, RegExp]>([
  ['no options', undefined, /expected options, got nothing/],
  ['no source', { target: 's3://b' }, /source must be an object/],
  ['an empty server', { ...PROPS, source: { ...SOURCE, server: ' ' } }, /source.server must be a non-empty string, got " "/],
  ['no user', { ...PROPS, source: { ...SOURCE, user: undefined } }, /source.user .* got nothing/],
  ['a port out of range', { ...PROPS, source: { ...SOURCE, port: 70000 } }, /source.port must be a whole number from 1 to 65535, got 70000/],
  ['a port beside an instance', { ...PROPS, source: { ...SOURCE, server: 'db\\old', port: 1433 } }, /names an instance/],
  ['encrypt as text', { ...PROPS, source: { ...SOURCE, encrypt: 'no' } }, /source.encrypt must be true or false/],
  ['two ways to trust', { ...PROPS, source: { ...SOURCE, caFile: 'x', trustServerCertificate: true } }, /exclude each other/],
  ['a relative target', { ...PROPS, target: 'folder' }, /s3:\/\/bucket\/prefix or file:\/\/\/folder, got "folder"/],
  ['a bucket without a name', { ...PROPS, target: 's3:///x' }, /target must be/],
  ['an endpoint that is no URL', { ...PROPS, endpointUrl: 'localhost:9000' }, /endpointUrl must be/],
  ['S3 options of a folder', { ...PROPS, target: 'file:///x', region: 'eu-west-1' }, /region is for s3/],
  ['a timeout of no time', { ...PROPS, targetTimeoutSeconds: 0 }, /targetTimeoutSeconds/],
  ['an owner that is no account', { ...PROPS, expectedBucketOwner: '42' }, /12 digits/],
  ['tables as text', { ...PROPS, tables: 'dbo.*' }, /tables must be a list/],
  ['no tables', { ...PROPS, tables: [] }, /empty list/],
  ['tables beside a query', { ...PROPS, tables: ['x'], query: { sql: 'SELECT 1', name: 'q' } }, /query excludes tables/],
  ['an empty query', { ...PROPS, query: { sql: ' ', name: 'q' } }, /query.sql must be a SELECT/],
  ['an access point without a name', { ...PROPS, target: 's3://arn:aws:s3:eu-west-1:123456789012:accesspoint' }, /must name an access point of one region/],
  ['a multi-region access point', { ...PROPS, target: 's3://arn:aws:s3::123456789012:accesspoint/m.mrap/x' }, /must name an access point of one region/],
  ['an access point of another store', { ...PROPS, target: 's3://arn:aws:s3:eu-west-1:123456789012:accesspoint/ledger/x', endpointUrl: 'http://s' }, /endpointUrl is for names of buckets/],
  ['an unknown encryption', { ...PROPS, target: 's3://bucket', serverSideEncryption: 'AES' }, /serverSideEncryption must be one of AES256, aws:kms, aws:kms:dsse, got "AES"/],
  ['a key beside AES256', { ...PROPS, target: 's3://bucket', serverSideEncryption: 'AES256', kmsKeyId: 'k' }, /serverSideEncryption AES256 has no key/],
  ['a query that is no SELECT', { ...PROPS, query: { sql: 'DELETE FROM dbo.Accounts', name: 'q' } }, /query.sql must be one SELECT, .* starts with DELETE/],
  ['a query without a name', { ...PROPS, query: { sql: 'SELECT 1', name: 'a.b.c' } }, /query.name must be 'name' or 'schema.name'/],
  ['small files', { ...PROPS, targetFileBytes: 10 }, /targetFileBytes must be a whole number of at least 1048576, got 10/],
  ['a misspelt option', { ...PROPS, tabels: ['x'] }, /there is no option tabels; did you mean tables\?/],
  ['an option like no other', { ...PROPS, quux: 1 }, /there is no option quux; allowed are source, tables, /],
  ['a misspelt option of the source', { ...PROPS, source: { ...SOURCE, pasword: 'planted' } }, /^there is no option source.pasword; did you mean source.password\?$/],
  ['a misspelt option of a query', { ...PROPS, query: { sql: 'SELECT 1', name: 'q', nmae: 1 } }, /query.nmae; did you mean query.name\?/],
  ['a misspelt type option', { ...PROPS, types: { tme: 'text' } }, /there is no option types\.tme; did you mean types\.time\?/],
  ['a misspelt type option of a column', { ...PROPS, columnTypes: { 'a.b': { dats: 'text' } } }, /columnTypes\['a\.b'\]\.dats; did you mean columnTypes\['a\.b'\]\.dates\?/],
  ['a misspelt option of a table', { ...PROPS, tableOptions: [{ table: '*', colums: ['a'] }] }, /tableOptions\[0\].colums; did you mean tableOptions\[0\].columns\?/],
  ['chunkBy as text', { ...PROPS, tableOptions: [{ table: 'T', chunkBy: 'a' }] }, /tableOptions\[0\]\.chunkBy must be a list of column names, got "a"/],
  ['chunkBy of an empty name', { ...PROPS, tableOptions: [{ table: 'T', chunkBy: ['a', ''] }] }, /tableOptions\[0\]\.chunkBy must be a list of column names, got \["a",""\]/],
  ['chunkBy of nothing', { ...PROPS, tableOptions: [{ table: 'T', chunkBy: [] }] }, /tableOptions\[0\]\.chunkBy is an empty list: leave it out/],
  ['chunkBy of 17 columns', { ...PROPS, tableOptions: [{ table: 'T', chunkBy: [...'abcdefghijklmnopq'] }] }, /tableOptions\[0\]\.chunkBy must name 1 to 16 columns, got 17/],
  ['a column twice in chunkBy', { ...PROPS, tableOptions: [{ table: 'T', chunkBy: ['a', 'b', 'a'] }] }, /tableOptions\[0\]\.chunkBy names the column 'a' twice/],
  ['a column in chunkBy that is left out', { ...PROPS, tableOptions: [{ table: 'T', chunkBy: ['a'], excludeColumns: ['a'] }] }, /chunkBy names the column 'a', which excludeColumns leaves out/],
  ['chunkBy beside a plan', { ...PROPS, plan: {}, tableOptions: [{ table: 'T', chunkBy: ['a'] }] }, /plan excludes tableOptions/],
  ['a format as text', { ...PROPS, format: 'csv' }, /format must be ExtractFormat.parquet\(\), .* got "csv"/],
  ['accept as text', { ...PROPS, accept: 'all' }, /accept must be a list of maskedColumns, .* got "all"/],
  ['error numbers as text', { ...PROPS, retryErrorNumbers: '1205' }, /retryErrorNumbers must be a list/],
  ['column types as a list', { ...PROPS, columnTypes: [] }, /columnTypes must be an object/],
  ['a path as target', { ...PROPS, target: '/data' }, /got "\/data"; did you mean file:\/\/\/data\?/],
  ['a bucket that no name is', { ...PROPS, target: 's3://my bucket/x' }, /target must name a bucket .* got "my bucket"/],
  ['no readers', { ...PROPS, readers: 0 }, /readers must be a whole number from 1 to 64/],
])('%s: refused by both doors', async (_, props, message) => {
  expect(() => new Extractor(props as ExtractorProps)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.stringMatching(message) }));
  await expect(extract(props as ExtractorProps)).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
});

describe('ExtractFormat', () => {
  test('defaults', () => {
    expect(ExtractFormat.csv()).toMatchObject({ name: 'csv', compression: 'none' });
    expect(ExtractFormat.jsonLines()).toMatchObject({ name: 'jsonl', compression: 'none' });
    expect(ExtractFormat.parquet()).toMatchObject({ name: 'parquet', compression: 'zstd' });
  });

  test('overrides', () => {
    expect(ExtractFormat.csv({ compression: TextCompression.GZIP, delimiter: ';', header: false, nullText: 'NULL' }))
      .toMatchObject({ compression: 'gzip', delimiter: ';', header: false, nullText: 'NULL' });
    expect(ExtractFormat.parquet({ compression: ParquetCompression.SNAPPY, rowGroupBytes: 2 ** 20 }))
      .toMatchObject({ compression: 'snappy', rowGroupBytes: 2 ** 20 });
  });

  test.each([
    () => ExtractFormat.csv({ delimiter: '"' }),
    () => ExtractFormat.csv({ delimiter: ',,' }),
    () => ExtractFormat.csv({ delimiter: '€' }),
    () => ExtractFormat.csv({ delimeter: ';' } as object),
    () => ExtractFormat.jsonLines({ header: true } as object),
    () => ExtractFormat.parquet({ binary: 'hex' } as object),
    () => ExtractFormat.csv({ nullText: 'a"b' }),
    () => ExtractFormat.csv({ compression: 'snappy' as TextCompression }),
    () => ExtractFormat.parquet({ compression: 'lzo' as ParquetCompression }),
    () => ExtractFormat.parquet({ rowGroupBytes: 1 }),
  ])('%s is refused', (make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
  });
});

describe('LegacyToS3Error', () => {
  test('instanceof holds for another copy of the class, not for other errors', () => {
    let foreign: unknown;
    jest.isolateModules(() => {
      const copy = jest.requireActual<typeof import('../../../src/extractor/api/errors')>('../../../src/extractor/api/errors').LegacyToS3Error;
      expect(copy).not.toBe(LegacyToS3Error);
      foreign = new copy('INTERNAL', 'x');
    });
    expect(foreign).toBeInstanceOf(LegacyToS3Error);
    expect(new Error('x')).not.toBeInstanceOf(LegacyToS3Error);
    expect(undefined).not.toBeInstanceOf(LegacyToS3Error);
  });
});
