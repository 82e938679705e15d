import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

const root = path.resolve(__dirname, '..', '..');
const tarball = path.join(root, '.tmp', 'package', 'cdk-legacy-to-s3.tgz');
const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const packageJson = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

const MEGABYTE = 1024 * 1024;

/** Install of a consumer, as `npm init -y && npm install <packages>` makes it. */
function consumer(...packages: string[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'consumer-'));
  npm(folder, 'init', '-y');
  npm(folder, 'install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', ...packages);
  return folder;
}

function npm(folder: string, ...args: string[]): void {
  execFileSync('npm', args, { cwd: folder, stdio: 'pipe' });
}

function node(folder: string, code: string): string {
  return execFileSync(process.execPath, ['-e', code], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
}

function bytesBelow(folder: string): number {
  return readdirSync(folder, { recursive: true })
    .map((file) => statSync(path.join(folder, String(file))))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
}

function compiles(folder: string, source: string, options: Record<string, unknown>): void {
  writeFileSync(path.join(folder, 'app.ts'), source);
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({
    compilerOptions: { target: 'ES2022', strict: true, noEmit: true, types: [], ...options },
    files: ['app.ts'],
  }));
  try {
    execFileSync(process.execPath, [tsc, '-p', 'tsconfig.json'], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    throw new Error((error as { stdout: string }).stdout);
  }
}

describe('the packed tarball', () => {
  let withCdk: string;
  let alone: string;

  beforeAll(() => {
    if (!existsSync(tarball)) throw new Error('no tarball in .tmp/package: run npm test, which packs it');
    const { 'aws-cdk-lib': cdk, constructs } = packageJson.devDependencies;
    withCdk = consumer(tarball, `aws-cdk-lib@${cdk}`, `constructs@${constructs}`);
    alone = consumer('--legacy-peer-deps', tarball);
  }, 240_000);

  afterAll(() => {
    for (const folder of [withCdk, alone]) if (folder) rmSync(folder, { recursive: true, force: true });
  });

  test('brings no dependency and stays within 17 MB beyond its peers', () => {
    expect(readdirSync(path.join(alone, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['cdk-legacy-to-s3']);
    expect(bytesBelow(path.join(alone, 'node_modules', 'cdk-legacy-to-s3'))).toBeLessThan(17 * MEGABYTE);
  });

  test('holds no sources, tests or tools', () => {
    const top = readdirSync(path.join(alone, 'node_modules', 'cdk-legacy-to-s3'));
    expect(top).toEqual(expect.arrayContaining(['.jsii', 'API.md', 'LICENSE', 'README.md', 'assets', 'bin', 'extractor.js', 'extractor.d.ts', 'lib']));
    for (const name of ['src', 'test', 'tools', 'bench', 'examples', 'node_modules']) expect(top).not.toContain(name);
  });

  test('ships the licences of what is bundled', () => {
    for (const bundle of readdirSync(path.join(alone, 'node_modules', 'cdk-legacy-to-s3', 'assets'))) {
      const text = readFileSync(path.join(alone, 'node_modules', 'cdk-legacy-to-s3', 'assets', bundle, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
      expect(text).toMatch(/\((MIT|Apache-2\.0|MIT-0|ISC|BSD-[23]-Clause|0BSD|MIT OR Apache-2\.0)\)/);
    }
  });

  test('two pipelines in one stack synthesise with nothing but the peers installed', () => {
    writeFileSync(path.join(withCdk, 'app.js'), `
      const { App, Stack } = require('aws-cdk-lib');
      const { LegacyToS3Pipeline } = require('cdk-legacy-to-s3');
      const app = new App({ outdir: 'cdk.out' });
      const stack = new Stack(app, 'Migration');
      new LegacyToS3Pipeline(stack, 'Ledger', { alarmEmail: 'ledger@example.com' });
      new LegacyToS3Pipeline(stack, 'Payroll');
      app.synth();
    `);
    execFileSync(process.execPath, ['app.js'], { cwd: withCdk, stdio: 'pipe', env: { PATH: path.dirname(process.execPath) } });
    const template = JSON.parse(readFileSync(path.join(withCdk, 'cdk.out', 'Migration.template.json'), 'utf8'));
    const types = Object.values<{ Type: string }>(template.Resources).map((resource) => resource.Type);
    for (const type of ['AWS::CloudWatch::Dashboard', 'AWS::DynamoDB::Table']) expect(types.filter((each) => each === type)).toHaveLength(2);
    const modules = readdirSync(path.join(withCdk, 'node_modules'));
    for (const name of ['esbuild', 'mssql', 'tedious', '@aws-sdk']) expect(modules).not.toContain(name);
  });

  test('the extractor door works with aws-cdk-lib absent and loads neither driver nor SDK', () => {
    const loaded = node(alone, `
      const { Extractor } = require('cdk-legacy-to-s3/extractor');
      if (typeof Extractor !== 'function') throw new Error('no Extractor');
      console.log(JSON.stringify(Object.keys(require.cache)));
    `);
    const files: string[] = JSON.parse(loaded);
    expect(files.filter((file) => file.includes('assets'))).toEqual([]);
    expect(files.length).toBeGreaterThan(0);
  });

  test('the main door loads neither driver nor SDK', () => {
    const files: string[] = JSON.parse(node(withCdk, `
      require('cdk-legacy-to-s3');
      console.log(JSON.stringify(Object.keys(require.cache)));
    `));
    expect(files.filter((file) => /cdk-legacy-to-s3.assets/.test(file))).toEqual([]);
  });

  test('both doors export one Extractor class', () => {
    expect(node(withCdk, `
      console.log(require('cdk-legacy-to-s3').Extractor === require('cdk-legacy-to-s3/extractor').Extractor);
    `).trim()).toBe('true');
  });

  test('the packed extractor runs: a source that is not there is one clear line', () => {
    expect(() => execFileSync(process.execPath, [
      path.join('node_modules', '.bin', 'cdk-legacy-to-s3'), 'extract', '--server', '127.0.0.1', '--port', '1',
      '--user', 'sa', '--database', 'Ledger', '--to', `file://${alone}/out`,
    ], { cwd: alone, encoding: 'utf8', stdio: 'pipe', env: { ...process.env, LEGACY_TO_S3_PASSWORD: 'planted-secret' } }))
      .toThrow(/SOURCE_UNREACHABLE/);
  });

  test.each([
    ['node10', { module: 'commonjs', moduleResolution: 'node10', lib: ['es2022'], skipLibCheck: false }],
    ['node16', { module: 'node16', moduleResolution: 'node16', lib: ['es2022'], skipLibCheck: false }],
  ])('the extractor door has types under moduleResolution %s without aws-cdk-lib', (_name, options) => {
    cpSync(path.join(root, 'node_modules', '@types', 'node'), path.join(alone, 'node_modules', '@types', 'node'), { recursive: true });
    cpSync(path.join(root, 'node_modules', 'undici-types'), path.join(alone, 'node_modules', 'undici-types'), { recursive: true });
    compiles(alone, `
      import { Extractor, LegacyToS3Error } from 'cdk-legacy-to-s3/extractor';
      export async function main(): Promise<number> {
        try {
          const result = await new Extractor({
            source: { server: 'localhost', user: 'sa', password: 'x', database: 'Ledger' },
            target: 'file:///tmp/out',
          }).run();
          return result.rows;
        } catch (error) {
          if (error instanceof LegacyToS3Error && error.code === 'LOGIN_FAILED') return -1;
          throw error;
        }
      }
    `, { ...options, types: ['node'] });
  });
});
