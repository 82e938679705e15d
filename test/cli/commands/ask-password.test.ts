import { withPassword } from '../../../src/cli/commands/ask-password';
import { Authentication, type SqlServerSource } from '../../../src/extractor/api/sql-server-source';

const SOURCE: SqlServerSource = { server: 'db', database: 'd', user: 'reader' };
const asked: string[] = [];
const ask = async (message: string) => {
  asked.push(message);
  return 'typed';
};
beforeEach(() => { asked.length = 0; });

test('a password that nothing tells is asked for', async () => {
  expect(await withPassword(SOURCE, ask, {})).toEqual({ ...SOURCE, password: 'typed' });
  expect(asked).toEqual(['Password of reader on db']);
});

test.each<[string, Partial<SqlServerSource>, NodeJS.ProcessEnv]>([
  ['the environment', {}, { LEGACY_TO_S3_PASSWORD: '' }],
  ['a variable by name', { passwordFromEnv: 'PW' }, {}],
  ['a secret', { passwordSecretArn: 'arn' }, {}],
  ['a parameter', { passwordParameter: '/p' }, {}],
  ['a file', { passwordFile: 'f' }, {}],
  ['a connection string', { connectionStringFromEnv: 'CS' }, {}],
  ['a login without one', { authentication: Authentication.ENTRA_DEFAULT }, {}],
])('not where it comes from %s', async (_, source, env) => {
  expect(await withPassword({ ...SOURCE, ...source }, ask, env)).toEqual({ ...SOURCE, ...source });
  expect(asked).toEqual([]);
});

test('nobody is asked where there is no terminal', async () => {
  expect(await withPassword(SOURCE, undefined, {})).toBe(SOURCE);
});
