/**
 * Runs the construct's tests against a pinned newest aws-cdk-lib, beside the lowest one that the project itself has:
 * `node tools/test-newest-cdk.js [jest arguments]`. It is installed once into .tmp (about 60 MB to fetch), not as a
 * dependency of the project: every clone would pay for it, and nothing but these tests needs it.
 */
const { spawnSync } = require('node:child_process');
const { existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const NEWEST_CDK = '2.276.0';

const root = path.resolve(__dirname, '..');
const folder = path.join(root, '.tmp', 'newest-cdk');
const installed = path.join(folder, 'node_modules', 'aws-cdk-lib', 'package.json');

function run(command, args, cwd) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) console.error(`newest-cdk: ${error.message}`);
  return status ?? 1;
}

function install() {
  if (existsSync(installed) && JSON.parse(readFileSync(installed, 'utf8')).version === NEWEST_CDK) return 0;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: 'newest-cdk', private: true }));
  // Without its peer: constructs must be the one that the tests load.
  return run('npm', ['install', '--legacy-peer-deps', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error',
    `aws-cdk-lib@${NEWEST_CDK}`], folder);
}

/** The project's own configuration, with every aws-cdk-lib replaced, that of cdk-nag too. */
function config() {
  const { reporters, modulePathIgnorePatterns, ...own } = JSON.parse(readFileSync(path.join(root, 'jest.config.json'), 'utf8'));
  return {
    ...own,
    rootDir: root,
    reporters: ['default'],
    modulePathIgnorePatterns: ['/cdk\\.out/'],
    moduleNameMapper: { '^aws-cdk-lib$': path.dirname(installed), '^aws-cdk-lib/(.*)$': `${path.dirname(installed)}/$1` },
  };
}

const failed = install();
if (failed) process.exit(failed);
console.error(`newest-cdk: testing with aws-cdk-lib ${NEWEST_CDK}`);
process.exit(run(process.execPath, [path.join(root, 'node_modules', 'jest', 'bin', 'jest.js'), '--config', JSON.stringify(config()),
  ...process.argv.length > 2 ? process.argv.slice(2) : ['test/pipeline']], root));
