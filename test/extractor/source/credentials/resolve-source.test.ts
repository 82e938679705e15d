import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authentication, Encryption, type SqlServerSource } from '../../../../src/extractor/api/sql-server-source';
import { resolveSource } from '../../../../src/extractor/source/credentials/resolve-source';

const BASE: SqlServerSource = { server: 'db', database: 'Ledger', user: 'reader' };
const ENV = { LEGACY_TO_S3_PASSWORD: 'from-env', OTHER: 'other', CS: 'Server=cs,1500;Database=csdb;User ID=csuser;Password=from-string' };
const resolve = async (source: SqlServerSource, env: NodeJS.ProcessEnv = ENV) => (await resolveSource({ source, target: 'file:///x' }, env)).source;

describe('password', () => {
  test('of the environment, under the usual name or another', async () => {
    expect(await resolve(BASE)).toMatchObject({ password: 'from-env' });
    expect(await resolve({ ...BASE, passwordFromEnv: 'OTHER' })).toMatchObject({ password: 'other' });
  });

  test('given as such wins over the environment, empty or not', async () => {
    expect(await resolve({ ...BASE, password: '' })).toMatchObject({ password: '' });
  });

  test('that is missing is told by the variable', async () => {
    await expect(resolve(BASE, {})).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('LEGACY_TO_S3_PASSWORD') });
    await expect(resolve({ ...BASE, passwordFromEnv: 'NOT_SET' })).rejects.toThrow('NOT_SET');
  });

  test('two places of it exclude each other', async () => {
    await expect(resolve({ ...BASE, passwordFromEnv: 'OTHER', passwordFile: '/x' })).rejects.toThrow('source.passwordFromEnv and source.passwordFile exclude each other');
  });

  describe('in a file', () => {
    let folder: string;
    beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'password-')); });
    afterEach(() => rmSync(folder, { recursive: true }));
    const inFile = (text: string) => {
      writeFileSync(join(folder, 'pw'), text);
      return resolve({ ...BASE, passwordFile: join(folder, 'pw') });
    };

    test('one line end is none of it', async () => {
      expect(await inFile(' a b \r\n')).toMatchObject({ password: ' a b ' });
      expect(await inFile('a\n\n')).toMatchObject({ password: 'a\n' });
    });

    test('must be there', async () => {
      await expect(inFile('\n')).rejects.toThrow('is empty');
      await expect(resolve({ ...BASE, passwordFile: join(folder, 'none') })).rejects.toThrow(/cannot read the password file .* ENOENT/);
    });
  });
});

describe('address', () => {
  test('a port may stand in the server, as in connection strings', async () => {
    expect(await resolve({ ...BASE, server: 'tcp:db,1444' })).toMatchObject({ server: 'db', port: 1444 });
    expect(await resolve({ ...BASE, server: '(local)' })).toMatchObject({ server: 'localhost', port: undefined });
    await expect(resolve({ ...BASE, server: 'db,1444', port: 1445 })).rejects.toThrow('name two ports');
    expect(await resolve({ connectionString: ENV.CS, server: 'other,1600' })).toMatchObject({ server: 'other', port: 1600 });
  });

  test('what is given of encryption comes before the connection string\'s', async () => {
    const strict = 'Server=cs;Database=x;User ID=u;Password=p;Encrypt=Strict';
    expect(await resolve({ connectionString: strict })).toMatchObject({ encryption: 'strict' });
    expect(await resolve({ connectionString: strict, encrypt: false })).toMatchObject({ encrypt: false, encryption: undefined });
    await expect(resolve({ connectionString: `${strict};TrustServerCertificate=True` })).rejects.toThrow('exclude each other: TDS 8.0 always checks');
    await expect(resolve({ ...BASE, encrypt: false, encryption: Encryption.STRICT })).rejects.toThrow('contradict each other');
  });
});

describe('connection string', () => {
  test('fills in what the source does not say', async () => {
    expect(await resolve({ connectionStringFromEnv: 'CS' }, { CS: ENV.CS }))
      .toMatchObject({ server: 'cs', port: 1500, database: 'csdb', user: 'csuser', password: 'from-string' });
    expect(await resolve({ connectionString: ENV.CS, database: 'own', passwordFromEnv: 'OTHER' }))
      .toMatchObject({ server: 'cs', port: 1500, database: 'own', password: 'other' });
  });

  test('of another server does not lend its port', async () => {
    expect(await resolve({ connectionString: ENV.CS, server: 'db\\old' })).toMatchObject({ server: 'db\\old', port: undefined });
  });

  test('must be complete together with the source', async () => {
    await expect(resolve({ connectionString: 'Server=db;User ID=u;Password=p' })).rejects.toThrow('source.database must be a non-empty string, got nothing');
    await expect(resolve({ connectionStringFromEnv: 'NONE' })).rejects.toThrow('set the environment variable NONE');
  });
});

test.each<[Authentication, SqlServerSource, object]>([
  [Authentication.ENTRA_DEFAULT, {}, { user: '', password: '' }],
  [Authentication.ENTRA_MANAGED_IDENTITY, { clientId: 'c' }, { user: '', password: '', clientId: 'c' }],
  [Authentication.ENTRA_SERVICE_PRINCIPAL, { clientId: 'c', tenantId: 't' }, { user: '', password: 'from-env' }],
  [Authentication.ENTRA_ACCESS_TOKEN, {}, { password: 'from-env' }],
])('%s asks for no login name', async (authentication, rest, expected) => {
  expect(await resolve({ server: 'db', database: 'd', authentication, ...rest })).toMatchObject(expected);
});

test.each<[SqlServerSource, string]>([
  [{ ...BASE, authentication: Authentication.NTLM }, 'ntlm needs source.domain'],
  [{ ...BASE, authentication: Authentication.ENTRA_PASSWORD, clientId: 'c' }, 'entraPassword needs source.tenantId'],
  [{ server: 'db', database: 'd', authentication: Authentication.NTLM, domain: 'D' }, 'source.user must be a non-empty string'],
  [{ ...BASE, authentication: 'kerberos' as Authentication }, 'source.authentication must be one of sql, ntlm'],
])('%j is refused', async (source, message) => {
  await expect(resolve(source)).rejects.toThrow(message);
});

describe('AWS', () => {
  let server: Server;
  let answers: { [target: string]: object };
  const AWS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION', 'AWS_ENDPOINT_URL'] as const;
  const before = Object.fromEntries(AWS.map((name) => [name, process.env[name]]));
  const asked: Array<{ readonly target: string; readonly body: object }> = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        const target = String(request.headers['x-amz-target']);
        asked.push({ target, body: JSON.parse(Buffer.concat(chunks).toString()) });
        const answer = answers[target];
        response.writeHead(answer ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' });
        response.end(JSON.stringify(answer ?? { __type: 'ResourceNotFoundException', message: 'there is none' }));
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    });
  });
  afterAll(async () => {
    for (const name of AWS) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    await new Promise((closed) => server.close(closed));
  });
  beforeEach(() => {
    answers = {};
    asked.length = 0;
  });

  test('a secret as RDS keeps it stands in for login, server and database', async () => {
    answers['secretsmanager.GetSecretValue'] = {
      SecretString: JSON.stringify({ engine: 'sqlserver', username: 'rds', password: 'from-rds', host: 'rds.example', port: 1433, dbname: 'Ledger' }),
    };
    expect(await resolve({ passwordSecretArn: 'arn:aws:secretsmanager:us-east-2:123456789012:secret:x' }))
      .toMatchObject({ server: 'rds.example', port: 1433, database: 'Ledger', user: 'rds', password: 'from-rds' });
    expect(await resolve({ ...BASE, passwordSecretArn: 'name' })).toMatchObject({ server: 'db', port: undefined, database: 'Ledger', user: 'reader', password: 'from-rds' });
    expect(asked.map(({ body }) => body)).toEqual([{ SecretId: 'arn:aws:secretsmanager:us-east-2:123456789012:secret:x' }, { SecretId: 'name' }]);
  });

  test('a secret may be the password alone, digits too', async () => {
    for (const text of ['p@ss', '12345', '"quoted"']) {
      answers['secretsmanager.GetSecretValue'] = { SecretString: text };
      expect(await resolve({ ...BASE, passwordSecretArn: 'name' })).toMatchObject({ password: text });
    }
  });

  test('a parameter is asked for decrypted', async () => {
    answers['AmazonSSM.GetParameter'] = { Parameter: { Value: 'from-ssm' } };
    expect(await resolve({ ...BASE, passwordParameter: '/ledger/pw' })).toMatchObject({ password: 'from-ssm' });
    expect(asked).toEqual([{ target: 'AmazonSSM.GetParameter', body: { Name: '/ledger/pw', WithDecryption: true } }]);
  });

  test('what is not there, or no password, is told without a value', async () => {
    await expect(resolve({ ...BASE, passwordSecretArn: 'gone' })).rejects.toMatchObject({
      code: 'INVALID_CONFIG', message: expect.stringMatching(/^cannot read the secret 'gone': ResourceNotFoundException: there is none; check its name/),
    });
    await expect(resolve({ ...BASE, passwordParameter: '/gone' })).rejects.toThrow("cannot read the parameter '/gone'");
    answers['secretsmanager.GetSecretValue'] = { SecretString: '{"username":"u","token":"planted"}' };
    await expect(resolve({ ...BASE, passwordSecretArn: 'odd' })).rejects.toThrow("the secret 'odd' is JSON without a text 'password'");
  });
});
