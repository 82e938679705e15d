import { type Property, propertiesOf } from './interface-properties';
import { PLACES } from '../../../src/pipeline/extraction/extraction-settings';

const extractor = { ...propertiesOf('extractor/api/extractor-props.ts', 'ExtractorProps'), ...propertiesOf('extractor/api/landing-props.ts', 'LandingProps') };
const options = propertiesOf('pipeline/extraction/extraction-options.ts', 'ExtractionOptions');
const server = propertiesOf('extractor/api/sql-server-source.ts', 'SqlServerSource');
const source = propertiesOf('pipeline/extraction/extraction-source.ts', 'ExtractionSource');

/** Properties of an extractor that an extraction does not have, and why. */
const LEFT_OUT: { readonly [property: string]: string } = {
  source: 'has a description of its own, without the password',
  target: 'is where the pipeline lands',
  query: 'has no key by which it could be spread',
  plan: 'is of an execution: its input names a saved one',
  region: 'is that of the functions',
  profile: 'is of files that functions have not',
  roleArn: 'is the role of the functions',
  endpointUrl: 'is of other stores than the pipeline\'s bucket',
  kmsKeyId: 'is the bucket\'s own',
  changes: 'is of ExtractionMode.changes',
  onGap: 'is of ExtractionMode.changes',
  countEvery: 'is of ExtractionMode.changes',
  oneVersion: 'is of ExtractionMode.changes',
};

/** Options whose description is another one, since an extraction knows more. */
const ADAPTED: { readonly [property: string]: (keyof Property)[] } = { serverSideEncryption: ['doc', 'byDefault'], checksum: ['doc'] };

test('an extraction has every option of an extractor, or it is said why not', () => {
  expect(Object.keys(extractor).filter((name) => !(name in options) && !(name in LEFT_OUT))).toEqual([]);
  expect(Object.keys(LEFT_OUT).filter((name) => !(name in extractor) || name in options)).toEqual([]);
});

test.each(Object.keys(options))('%s is as the extractor has it: type, default and description', (name) => {
  const compared = (properties: { readonly [property: string]: Property }) => {
    expect(properties[name]).toBeDefined();
    return Object.entries(properties[name]).filter(([aspect]) => !ADAPTED[name]?.includes(aspect as keyof Property));
  };
  expect(compared(options)).toEqual(compared(extractor));
});

const mode = propertiesOf('pipeline/extraction/mode/extraction-mode.ts', 'ChangesModeOptions');

test.each(Object.keys(mode).filter((name) => name !== 'every'))('%s of ExtractionMode.changes is of the type and default that the extractor has', (name) => {
  expect(LEFT_OUT[name]).toBe('is of ExtractionMode.changes');
  expect([mode[name].type, mode[name].byDefault]).toEqual([extractor[name].type, extractor[name].byDefault]);
});

test('each option goes to one place', () => {
  expect(Object.keys(PLACES).sort()).toEqual(Object.keys(options).sort());
});

/** Properties of a source that an extraction's does not have, and what it has instead. */
const SOURCE_LEFT_OUT: { readonly [property: string]: string } = {
  password: 'secret',
  passwordFromEnv: 'secret',
  passwordSecretArn: 'secret',
  passwordFile: 'secret',
  connectionString: 'server',
  connectionStringFromEnv: 'server',
  caFile: 'caCertificate',
};

/** Here a text is a construct, or a secret is the one place that can say what is left out. */
const SOURCE_ADAPTED: { readonly [property: string]: (keyof Property)[] } = {
  server: ['doc', 'byDefault'], database: ['byDefault'], user: ['byDefault'], authentication: ['doc'], passwordParameter: ['type', 'doc', 'byDefault'],
};

test('a source has every property of the extractor\'s, or another in its place', () => {
  expect(Object.keys(server).filter((name) => !(name in source) && !(name in SOURCE_LEFT_OUT))).toEqual([]);
  expect(Object.entries(SOURCE_LEFT_OUT).filter(([name, instead]) => !(name in server) || name in source || !(instead in source))).toEqual([]);
  expect(Object.keys(source).filter((name) => !(name in server)).sort()).toEqual(['caCertificate', 'secret']);
});

test.each(Object.keys(source).filter((name) => name in server))('source.%s is as the extractor has it', (name) => {
  const compared = (property: Property) => Object.entries(property).filter(([aspect]) => !SOURCE_ADAPTED[name]?.includes(aspect as keyof Property));
  expect(compared(source[name])).toEqual(compared(server[name]));
});
