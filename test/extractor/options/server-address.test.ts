import { parseServerAddress, separateAddress } from '../../../src/extractor/options/server-address';
import { validateProps } from '../../../src/extractor/options/validate-props';

const parse = (text: string) => parseServerAddress(text, 'source.server');

test.each<[string, object]>([
  ['db.example.com', { server: 'db.example.com' }],
  [' db ', { server: 'db' }],
  ['tcp:db,1444', { server: 'db', port: 1444 }],
  ['TCP: db , 1444', { server: 'db', port: 1444 }],
  ['db,1433', { server: 'db', port: 1433 }],
  ['db\\old', { server: 'db\\old' }],
  ['tcp:db\\old', { server: 'db\\old' }],
  ['db\\old,1500', { server: 'db', port: 1500 }],
  ['.', { server: 'localhost' }],
  ['(local)', { server: 'localhost' }],
  ['(LOCAL),1444', { server: 'localhost', port: 1444 }],
  ['.\\SQLEXPRESS', { server: 'localhost\\SQLEXPRESS' }],
  ['localhost\\x', { server: 'localhost\\x' }],
  ['10.0.0.7,1433', { server: '10.0.0.7', port: 1433 }],
  ['::1', { server: '::1' }],
  ['[::1]', { server: '::1' }],
  ['[::1],1444', { server: '::1', port: 1444 }],
  ['tcp:fe80::7,1444', { server: 'fe80::7', port: 1444 }],
  ['tcp:::1', { server: '::1' }],
])('%s', (text, address) => {
  expect(parse(text)).toEqual(address);
});

test.each<[string, RegExp]>([
  ['db:1433', /port behind a colon: write 'db,1433'/],
  ['tcp:db:1433', /port behind a colon: write 'db,1433'/],
  ['[::1]:1433', /port behind a colon: write '\[::1\],1433'/],
  ['np:\\\\db\\pipe\\sql\\query', /named pipes/],
  ['\\\\.\\pipe\\sql\\query', /name of a pipe/],
  ['lpc:db', /shared memory/],
  ['admin:db', /dedicated administrator connection/],
  ['(localdb)\\MSSQLLocalDB', /LocalDB/],
  ['jdbc:sqlserver://db:1433', /is a URL/],
  ['db,', /port of 1 to 65535/],
  ['db,0', /port of 1 to 65535/],
  ['db,65536', /port of 1 to 65535/],
  ['db,1433,1434', /port of 1 to 65535/],
  ['db\\', /no address/],
  ['db\\a\\b', /no address/],
  [',1433', /no address/],
  ['tcp:', /no address/],
  ['db one', /no address/],
  ['[db]', /no address/],
  ['db;Database=x', /no address/],
])('%s is refused, and what is allowed told', (text, message) => {
  expect(() => parse(text)).toThrow(message);
  expect(() => parse(text)).toThrow(/allowed are host, host,port or host\\instance/);
});

test('a port that is given twice must be one', () => {
  expect(separateAddress({ server: 'db,1444', port: 1444 })).toEqual({ server: 'db', port: 1444 });
  const props = { source: { server: 'db,1444', port: 1445, database: 'Ledger', user: 'reader' }, target: 'file:///x' };
  expect(() => validateProps(props)).toThrow("source.server 'db,1444' and source.port 1445 name two ports");
  expect(() => validateProps({ ...props, source: { ...props.source, server: 'db\\old' } })).toThrow(/names an instance/);
});
