import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse, TrinoClient } from '../../../tools/engines/trino-client';

test('numbers of an answer are texts, digits in texts stay as they are', () => {
  expect(parse('{"data":[[9223372036854775807,-1.5E-7,"1 \\"2\\" \\\\",true,null,"",0]]}'))
    .toEqual({ data: [['9223372036854775807', '-1.5E-7', '1 "2" \\', true, null, '', '0']] });
});

describe('a server', () => {
  let server: Server;
  let answers: Array<readonly [number, object, { readonly [header: string]: string }?]>;
  let client: TrinoClient;
  const asked: string[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      const transaction = request.headers['x-trino-transaction-id'];
      asked.push(`${request.method} ${request.url}${transaction === undefined ? '' : ` in ${transaction}`}`);
      const [status, body, headers] = answers.shift()!;
      response.writeHead(status, headers).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    client = new TrinoClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => { asked.length = 0; });
  const next = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/next`;

  test('is asked until nothing is left, and again where it is busy', async () => {
    const columns = [{ name: 'f', type: 'real' }, { name: 'at', type: 'timestamp(6) with time zone' }, { name: 'raw', type: 'varbinary' }];
    answers = [
      [200, { nextUri: next() }],
      [503, {}],
      [200, { nextUri: next(), columns, data: [[0.1, '2020-02-29 12:00:00.914683 UTC', '/wA=']] }],
      [200, { columns, data: [['NaN', null, '']] }],
    ];
    expect(await client.query('SELECT')).toEqual({
      names: ['f', 'at', 'raw'],
      types: ['real', 'timestamp(6) with time zone', 'varbinary'],
      rows: [[String(Math.fround(0.1)), '2020-02-29T12:00:00.914683Z', 'ff00'], ['NaN', null, '']],
    });
    expect(asked).toEqual(['POST /v1/statement', 'GET /next', 'GET /next', 'GET /next']);
  });

  test('has transactions, each of a client of its own', async () => {
    answers = [[200, {}, { 'X-Trino-Started-Transaction-Id': 't1' }], [200, {}], [200, {}]];
    const transaction = await client.beginTransaction();
    await transaction.query('SELECT');
    await client.query('SELECT');
    expect(asked).toEqual(['POST /v1/statement in NONE', 'POST /v1/statement in t1', 'POST /v1/statement']);
  });

  test('that has no workers yet is asked again, and any other error is told', async () => {
    answers = [
      [200, { error: { errorName: 'NO_NODES_AVAILABLE', message: 'No nodes available to run query' } }],
      [200, { columns: [{ name: 'one', type: 'bigint' }], data: [[1]] }],
      [200, { error: { errorName: 'TABLE_NOT_FOUND', message: 'no such table' } }],
      [404, {}],
    ];
    expect(await client.query('SELECT')).toMatchObject({ rows: [['1']] });
    await expect(client.query('SELECT')).rejects.toThrow('trino: TABLE_NOT_FOUND: no such table');
    await expect(client.query('SELECT')).rejects.toThrow('trino: HTTP 404');
  });
});
