import { networkInterfaces } from 'node:os';
import { extract } from '../../../src/extractor/run/extract-run';
import { check } from '../../../src/extractor/run/manage/check-run';
import { plan } from '../../../src/extractor/run/plan-run';
import { startStandIn } from '../../../tools/stand-in';
import { standInRuns } from '../../support/source/stand-in-runs';

const runs = standInRuns();
const land = ({ server, multiSubnetFailover, encrypt }: { server: string; multiSubnetFailover?: boolean; encrypt?: boolean }) => {
  const { source, target } = runs.endpoints;
  return extract({
    source: { ...source, server, port: undefined, multiSubnetFailover, encrypt, caFile: encrypt ? runs.server.caFile : undefined }, target, tables: ['Branches'], readers: 1,
  });
};

test.each(['tcp:127.0.0.1,PORT', '127.0.0.1 , PORT', '(local),PORT', '.,PORT', 'localhost,PORT', 'localhost\\ignored,PORT'])('a run by the address %s lands', async (address) => {
  expect(await land({ server: address.replace('PORT', String(runs.server.port)), encrypt: false })).toMatchObject({ verification: 'verified' });
});

test.each([true, false])('all addresses of localhost at once, encrypted: %s', async (encrypt) => {
  expect(await land({ server: `localhost,${runs.server.port}`, multiSubnetFailover: true, encrypt })).toMatchObject({ verification: 'verified' });
});

test('keys of a connection string that have no effect are named by plan, check and the run, once', async () => {
  const { port, database, user, password } = runs.server;
  const source = { connectionString: `Server=(local),${port};Database=${database};User ID=${user};Password=${password};Encrypt=False;App=x;Max Pool Size=9` };
  const props = { source, target: runs.endpoints.target, tables: ['Branches'] };
  const warning = "the connection string's 'application name', 'max pool size' change nothing here and are not used";
  const planned = await plan(props);
  expect(planned.warnings.filter((each) => each === warning)).toHaveLength(1);
  expect(await check(props)).toContainEqual({ name: 'options', state: 'warn', detail: warning });
  const { warnings } = await extract({ ...props, tables: undefined, plan: planned });
  expect(warnings.filter((each) => each === warning)).toHaveLength(1);
});

const hasIPv6 = Object.values(networkInterfaces()).flat().some((each) => each?.address === '::1');
(hasIPv6 ? test : test.skip)('an IPv6 address with and without brackets', async () => {
  const server = await startStandIn({ host: '::1', transactions: 10 });
  try {
    const { port, database, user, password } = server;
    for (const address of ['::1', `[::1],${port}`]) {
      const source = { server: address, port, database, user, password, encrypt: false };
      expect(await extract({ source, target: runs.endpoints.target, tables: ['Branches'] })).toMatchObject({ verification: 'verified' });
    }
  } finally {
    await server.stop();
  }
});
