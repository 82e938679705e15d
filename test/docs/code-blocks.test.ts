import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { commandOptions, commandUses } from './commands';
import { type CodeBlock, codeBlocks, markdownFiles, prose, ROOT } from './markdown-files';
import { consumerFolder } from '../support/packages/packed-package';

const files = markdownFiles();
const blocks = files.flatMap(codeBlocks);
const of = (...languages: string[]) => blocks.filter(({ language }) => languages.includes(language));
const named = (all: readonly CodeBlock[]): [string, CodeBlock][] => all.map((block) => [`${block.file}:${block.line}`, block]);
const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

test('every block says in which language it is, and there is a check for each', () => {
  const known = ['sh', 'ts', 'sql', 'json', 'yaml', 'text', 'python'];
  expect(blocks.filter(({ language }) => !known.includes(language)).map(({ file, line, language }) => `${file}:${line} '${language}'`)).toEqual([]);
  expect(of('sh').length).toBeGreaterThan(10);
  expect(of('ts').length).toBeGreaterThanOrEqual(2);
});

describe('shell', () => {
  const options = commandOptions();

  test('the help is read', () => {
    expect([...options.keys()]).toEqual(expect.arrayContaining(['extract', 'plan', 'dashboard']));
    expect(options.get('extract')).toContain('--stack');
    expect(commandUses('npx cdk-legacy-to-s3 extract --a "$B" \\\n  --c-d # --no')).toEqual([{ command: 'extract', options: ['--a', '--c-d'] }]);
  });

  test.each(named(of('sh')))('%s: a shell can read it, and what it calls is there', (_at, { file, code }) => {
    const { status, stderr } = spawnSync('sh', ['-n'], { input: code, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const { command, options: used } of commandUses(code)) {
      expect([...options.keys()]).toContain(command);
      expect(used.filter((option) => !options.get(command)!.has(option))).toEqual([]);
    }
    for (const [, name] of code.matchAll(/npm run ([\w:-]+)/g)) expect(Object.keys(scripts)).toContain(name);
    const scriptsCalled = [...code.matchAll(/(?:tsx|node|^|\s)\s+((?:[\w.-]+\/)*[\w-]+\.(?:ts|js|sh|py))\b/gm)].map(([, script]) => script);
    const folders = [ROOT, path.join(ROOT, path.dirname(file))];
    const missing = scriptsCalled.filter((script) => !folders.some((folder) => existsSync(path.join(folder, script)))
      // Made by npm run local.
      && !script.endsWith('.tmp/local/env.sh'));
    expect(missing).toEqual([]);
  });

  test('options named in the text are options of the command line, or of this repository\'s own scripts', () => {
    const benches = readdirSync(path.join(ROOT, 'bench')).filter((name) => name.endsWith('.ts')).map((name) => `bench/${name}`);
    const own = ['tools/demo/arguments.ts', 'tools/local/arguments.ts', 'tools/stand-in/main.ts', 'bench/harness/options.ts', ...benches]
      .flatMap((file) => readFileSync(path.join(ROOT, file), 'utf8').match(/--[a-z][a-z-]+/g) ?? []);
    const known = new Set([...own, ...[...options.values()].flatMap((each) => [...each])]);
    const unknown = files.filter(({ file }) => file === 'README.md' || file.startsWith('docs/')).flatMap(({ file, text }) => (
      [...prose(text).matchAll(/`([^`\n]*)`/g)].filter(([, code]) => /^(--|extract|plan|dashboard|abort|prune|cdk-legacy-to-s3|npx cdk-legacy-to-s3)/.test(code))
        .flatMap(([, code]) => code.match(/(?<=^|\s)--[a-z][a-z-]+/g) ?? []).filter((option) => !known.has(option)).map((option) => `${file}: ${option}`)
    ));
    expect(unknown).toEqual([]);
  });
});

describe('TypeScript', () => {
  let folder: string;
  beforeAll(() => { folder = consumerFolder(); });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('every block compiles against the packed package', () => {
    const sources = of('ts').map(({ code }, index) => {
      // A block is a module of its own, as in a user's editor.
      writeFileSync(path.join(folder, `block-${index}.ts`), `${code}\nexport {};\n`);
      return `block-${index}.ts`;
    });
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({
      compilerOptions: { target: 'ES2022', module: 'NodeNext', moduleResolution: 'NodeNext', strict: true, noEmit: true, skipLibCheck: true, types: ['node'] },
      files: sources,
    }));
    try {
      execFileSync(process.execPath, [path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', folder], { encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      throw new Error(`${(error as { stdout: string }).stdout}\n${of('ts').map(({ file, line }, index) => `block-${index} is ${file}:${line}`).join('\n')}`);
    }
  }, 120_000);
});

test.each(named(of('json')))('%s is JSON', (_at, { code }) => {
  expect(() => JSON.parse(code)).not.toThrow();
});

/** Time travel as DuckDB writes it, which is the parser here: `FOR VERSION AS OF` is Athena's and Trino's, `VERSION AS OF` Spark's. */
function inDuckDb(code: string): string {
  return code.replace(/\b(?:FOR )?VERSION AS OF (\d+|'[^']*')/g, 'AT (VERSION => $1)');
}

describe('SQL', () => {
  test.each(named(of('sql')))('%s can be parsed', async (_at, { code }) => {
    const connection = await (await DuckDBInstance.create()).connect();
    try {
      const reader = await connection.runAndReadAll(`SELECT json_serialize_sql('${inDuckDb(code).replaceAll("'", "''")}')`);
      expect(JSON.parse(String(reader.getRows()[0][0]))).toMatchObject({ error: false });
    } finally {
      connection.closeSync();
    }
  });
});
