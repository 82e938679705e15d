/**
 * Bundles what runs outside the CDK app into assets/, with the licences of what went in, so that the package itself
 * has no dependency and the consumer's synth never bundles.
 */
const { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const esbuild = require('esbuild');
const { buildPage } = require('./page.js');

const root = path.resolve(__dirname, '..', '..');
const assets = path.join(root, 'assets');

/** Lazy modules instead of packages that are heavy and rarely needed. */
const azure = path.join(root, 'src', 'extractor', 'source', 'connection', 'azure-identity.ts');

/** Lambda hands the role's credentials over in the environment; the other providers would be a fifth of the bundle. */
const lambdaAlias = { '@aws-sdk/credential-provider-node': path.join(root, 'src', 'handlers', 'shared', 'lambda-credentials.ts') };

/** Workers are tasks of ECS too. */
const workersAlias = { '@aws-sdk/credential-provider-node': path.join(root, 'src', 'extractor', 'workers', 'credentials.ts') };

const bundles = [
  { name: 'recorder', entry: 'src/handlers/record-object.lambda.ts', alias: lambdaAlias, maxBytes: 550 * 1024 },
  { name: 'run-completion', entry: 'src/handlers/run-completion.lambda.ts', alias: lambdaAlias, maxBytes: 1024 * 1024 },
  { name: 'replay', entry: 'src/handlers/replay.lambda.ts', alias: lambdaAlias, maxBytes: 800 * 1024 },
  {
    name: 'extractor',
    entry: 'src/extractor/engine.ts',
    alias: { '@azure/identity': azure },
    files: ['@foxglove/wasm-zstd/dist/wasm-zstd.wasm'],
    packages: ['@foxglove/wasm-zstd'],
    keepNames: true,
    maxBytes: 3 * 1024 * 1024,
  },
  {
    name: 'extraction',
    entry: 'src/extractor/workers/index.ts',
    alias: { '@azure/identity': azure, ...workersAlias },
    files: ['@foxglove/wasm-zstd/dist/wasm-zstd.wasm'],
    packages: ['@foxglove/wasm-zstd'],
    keepNames: true,
    maxBytes: 3 * 1024 * 1024,
  },
  // The engine is loaded only when a command runs, so that --help answers at once.
  { name: 'cli', entry: 'src/cli/main.ts', external: ['../extractor/index.js'], maxBytes: 400 * 1024 },
  { name: 'dashboard', entry: 'src/cli/dashboard/index.ts', page: true, maxBytes: 1536 * 1024 },
  {
    name: 'tables',
    entry: 'src/cli/tables/index.ts',
    external: ['../extractor/index.js'],
    files: ['@foxglove/wasm-zstd/dist/wasm-zstd.wasm'],
    packages: ['@foxglove/wasm-zstd'],
    maxBytes: 1280 * 1024,
  },
];

const packageJson = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

async function bundle({ name, entry, alias, external, files = [], packages = [], keepNames = false, page = false, maxBytes }) {
  const outdir = path.join(assets, name);
  rmSync(outdir, { recursive: true, force: true });
  mkdirSync(outdir, { recursive: true });
  const { metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: path.join(outdir, 'index.js'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    minify: true,
    keepNames,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    logOverride: { 'require-resolve-not-external': 'silent' },
    alias,
    external,
    define: { 'process.env.CDK_LEGACY_TO_S3_VERSION': JSON.stringify(packageJson.version) },
  });
  for (const file of files) copyFileSync(path.join(root, 'node_modules', file), path.join(outdir, path.basename(file)));
  const pageMeta = page ? await buildPage(path.join(outdir, 'page')) : { inputs: {}, outputs: {} };
  const names = new Set([...packagesIn(metafile), ...packagesIn(pageMeta), ...packages.map((dir) => `node_modules/${dir}`)]);
  writeFileSync(path.join(outdir, 'THIRD-PARTY-LICENSES.txt'), licences([...names].sort()));
  const bytes = [metafile, pageMeta].flatMap(({ outputs }) => Object.values(outputs)).reduce((sum, output) => sum + output.bytes, 0);
  if (bytes > maxBytes) throw new Error(`assets/${name}/index.js has ${bytes} bytes, more than the ${maxBytes} allowed`);
  console.error(`bundle: assets/${name} ${(bytes / 1024).toFixed(0)} KB`);
}

/** Folders of the packages whose files went into a bundle. */
function packagesIn(metafile) {
  const folders = Object.keys(metafile.inputs).map((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]);
  return new Set(folders.filter(Boolean));
}

function licences(folders) {
  return folders.map((folder) => {
    const dir = path.join(root, folder);
    const { name, version, license } = JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8'));
    const files = readdirSync(dir).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
    const texts = files.map((file) => readFileSync(path.join(dir, file), 'utf8').trim());
    return `${name} ${version} (${license ?? 'see below'})\n\n${texts.join('\n\n') || `Licensed under ${license}.`}\n`;
  }).join(`\n${'-'.repeat(80)}\n\n`);
}

async function main() {
  for (const each of bundles) await bundle(each);
}

main().catch((error) => {
  console.error(`bundle: ${error.message}`);
  process.exit(1);
});
