/** Bundles and compiles unless nothing under src/ or of the build's own inputs changed since the last time. */
const { execFileSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..', '..');
const stamp = path.join(root, '.tmp', 'build-stamp');
const outputs = ['lib/index.js', '.jsii', ...['recorder', 'run-completion', 'replay', 'extractor', 'extraction', 'cli', 'dashboard', 'tables'].map((name) => `assets/${name}/index.js`)];

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function inputsHash() {
  const hash = createHash('sha256');
  const files = [...filesBelow(path.join(root, 'src')), ...filesBelow(__dirname),
    ...['package.json', 'package-lock.json', 'tsconfig.json'].map((file) => path.join(root, file))];
  for (const file of files) hash.update(`${path.relative(root, file)}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

const hash = inputsHash();
const fresh = existsSync(stamp) && readFileSync(stamp, 'utf8') === hash && outputs.every((file) => existsSync(path.join(root, file)));
if (!fresh) {
  console.error('build: bundling and compiling (about half a minute, only after a change)');
  const run = (command, args) => execFileSync(command, args, { cwd: root, stdio: ['ignore', process.stderr, process.stderr] });
  try {
    run(process.execPath, [path.join(__dirname, 'bundle.js')]);
    // What a file that moved left behind would be packed.
    rmSync(path.join(root, 'lib'), { recursive: true, force: true });
    run(path.join(root, 'node_modules', '.bin', 'jsii'), ['--silence-warnings=reserved-word']);
  } catch (error) {
    console.error(`build: failed (${error.status ?? error.message})`);
    process.exit(1);
  }
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
}
