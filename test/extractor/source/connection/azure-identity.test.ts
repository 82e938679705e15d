import { readFileSync } from 'node:fs';
import { buildSync } from 'esbuild';
import * as standIn from '../../../../src/extractor/source/connection/azure-identity';

test('the real classes are made when the package is installed', () => {
  expect(new standIn.ClientSecretCredential('tenant-0', 'client', 'secret').constructor.name).toBe('ClientSecretCredential');
});

test('without the package the error says what to install', () => {
  const { outputFiles } = buildSync({ entryPoints: [require.resolve('../../../../src/extractor/source/connection/azure-identity')], bundle: true, platform: 'node', format: 'cjs', write: false });
  // Run where no package can be found.
  const module = { exports: {} as typeof standIn };
  new Function('module', 'exports', 'require', '__filename', outputFiles[0].text)(module, module.exports, require, '/azure-identity.js');
  expect(() => new module.exports.DefaultAzureCredential()).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.stringContaining('npm install @azure/identity') }));
});

test('it has every class of the package that tedious uses for a login', () => {
  const source = readFileSync(require.resolve('tedious/lib/connection'), 'utf8');
  const used = [...source.matchAll(/_identity\.(\w+)/g)].map(([, name]) => name);
  expect(used.length).toBeGreaterThan(0);
  expect(Object.keys(standIn)).toEqual(expect.arrayContaining(used));
});
