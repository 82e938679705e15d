import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..', '..');

/** Packages loaded by a process of its own that requires `file`. */
function packagesLoadedBy(file: string): string[] {
  const script = `
    require(${JSON.stringify(join(ROOT, file))});
    const names = Object.keys(require.cache).map((path) => /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(path)?.[1]).filter(Boolean);
    console.log(JSON.stringify([...new Set(names)]));`;
  const output = execFileSync(process.execPath, ['--require', 'tsx/cjs', '-e', script], { cwd: ROOT, encoding: 'utf8' });
  return (JSON.parse(output) as string[]).filter((name) => !/^(tsx|esbuild|get-tsconfig|resolve-pkg-maps|@esbuild\/.*)$/.test(name));
}

test('the extractor\'s door loads no package at all', () => {
  expect(packagesLoadedBy('src/extractor/doors/public.ts')).toEqual([]);
});

test('the main door\'s half loads none either', () => {
  expect(packagesLoadedBy('src/extractor/doors/index.ts')).toEqual([]);
});

test('the engine, for comparison, loads driver and SDK', () => {
  expect(packagesLoadedBy('src/extractor/engine.ts')).toEqual(expect.arrayContaining(['tedious', '@aws-sdk/client-s3']));
});

test('the doors load no file that the package leaves out: all other rooms are in the bundled engine', () => {
  const script = `
    require(${JSON.stringify(join(ROOT, 'src/extractor/doors/public.ts'))});
    console.log(JSON.stringify(Object.keys(require.cache)));`;
  const loaded = JSON.parse(execFileSync(process.execPath, ['--require', 'tsx/cjs', '-e', script], { cwd: ROOT, encoding: 'utf8' })) as string[];
  const folder = join(ROOT, 'src', 'extractor', '/');
  const files = loaded.filter((path) => path.startsWith(folder)).map((path) => path.slice(folder.length));
  expect(files.length).toBeGreaterThan(5);
  expect(files.filter((path) => !/^(api|doors|options)\/|^load-engine\.ts$/.test(path))).toEqual([]);
});
