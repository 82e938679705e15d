/**
 * Everything that must hold, in one command: bundle, compile, API.md, pack, types, lint, tests; with CI set also that
 * generated files are up to date. The last line counts what jest ran; a check that fails counts as one failed.
 */
const { spawnSync } = require('node:child_process');
const { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } = require('node:fs');
const path = require('node:path');
const { installPythonPackages } = require('./setup.js');

const root = path.resolve(__dirname, '..');
const tmp = path.join(root, '.tmp');
const bin = (name) => path.join(root, 'node_modules', '.bin', name);
const args = process.argv.slice(2);
let failedChecks = 0;

function run(title, command, commandArgs, env = {}) {
  const started = Date.now();
  console.log(`\n> ${title}`);
  const { status } = spawnSync(command, commandArgs, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  console.log(status === 0 ? `  ${title}: ok, ${seconds} s` : `  ${title}: FAILED (${status}), ${seconds} s`);
  return status === 0;
}

function check(...step) {
  if (!run(...step)) failedChecks += 1;
}

/** What cannot be built cannot be tested. */
function must(...step) {
  if (run(...step)) return;
  console.log('\n0 passed, 1 failed');
  process.exit(1);
}

function pack() {
  const folder = path.join(tmp, 'package');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  must('pack', 'npm', ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder]);
  const [tarball] = readdirSync(folder);
  renameSync(path.join(folder, tarball), path.join(folder, 'cdk-legacy-to-s3.tgz'));
}

function jest() {
  const report = path.join(tmp, 'jest.json');
  rmSync(report, { force: true });
  const ok = run('tests', bin('jest'), ['--ci', '--json', `--outputFile=${report}`, ...args]);
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const result = JSON.parse(readFileSync(report, 'utf8'));
  // A suite that does not even load has no failed test of its own.
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  return {
    passed: result.numPassedTests,
    failed: ok ? failed : Math.max(failed, 1),
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

const only = args.length > 0;
mkdirSync(tmp, { recursive: true });
// The workflows of CI install npm packages only.
installPythonPackages();
must('bundle', process.execPath, ['tools/build/bundle.js']);
// What a file that moved left behind would be packed.
rmSync(path.join(root, 'lib'), { recursive: true, force: true });
must('compile', bin('jsii'), ['--silence-warnings=reserved-word']);
if (!only) {
  check('API.md', bin('jsii-docgen'), ['-o', 'API.md']);
  check('README examples', bin('jsii-rosetta'), ['extract', '--compile', '--fail', '--output', path.join(tmp, 'rosetta.json'), root]);
  check('types of tests, tools and examples', bin('tsc'), ['--noEmit', '-p', 'tsconfig.dev.json']);
  check('lint', bin('eslint'), ['--ext', '.ts', '--no-error-on-unmatched-pattern', 'src', 'test', 'tools', 'bench', 'examples', '.projenrc.ts'],
    { ESLINT_USE_FLAT_CONFIG: 'false', NODE_NO_WARNINGS: '1' });
  check('rooms', bin('tsx'), ['tools/rooms/check.ts']);
  // Tests with engines that cannot be had here count as skipped.
  check('engines that read tables', bin('tsx'), ['tools/engines/install.ts']);
  if (process.env.CI) {
    check('projen', bin('ts-node'), ['--project', 'projenrc/tsconfig.json', '.projenrc.ts'], { PROJEN_DISABLE_POST: 'true' });
    // A release has its version in package.json at this point; its own task looks for other changes.
    if (!process.env.RELEASE) check('generated files are up to date', 'git', ['diff', '--exit-code', '--stat']);
  }
}
pack();
const { passed, failed, skipped } = jest();
const allFailed = failed + failedChecks;
console.log(`\n${passed} passed, ${allFailed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(allFailed === 0 ? 0 : 1);
