/**
 * Makes a bare clone ready: npm packages from the lock file, Python packages in a venv of the project.
 * Plain JavaScript without dependencies, since it runs before anything is installed.
 */
const { execFileSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const { existsSync, lstatSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const venv = path.join(root, '.venv');

function fail(message) {
  console.error(`setup: ${message}`);
  process.exit(1);
}

function hashOf(...files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(path.join(root, file)));
  return hash.digest('hex');
}

/** Runs `make` unless the stamp says that it ran for this very input. */
function once(stamp, hash, message, make) {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  console.error(`setup: ${message}`);
  make();
  writeFileSync(stamp, hash);
}

function run(command, args) {
  try {
    execFileSync(command, args, { cwd: root, stdio: ['ignore', process.stderr, process.stderr] });
  } catch (error) {
    fail(`'${path.basename(command)} ${args.slice(0, 2).join(' ')}' ended with ${error.status ?? error.message}`);
  }
}

function findPython() {
  for (const name of ['python3.11', 'python3', 'python']) {
    try {
      const version = execFileSync(name, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], { encoding: 'utf8' }).trim();
      const [major, minor] = version.split('.').map(Number);
      if (major === 3 && minor >= 10) return name;
    } catch {
      // not there; the next name may be
    }
  }
  return fail('needs Python 3.10 or newer on the PATH for the local cloud (python3 was not found or is older)');
}

function installNodePackages() {
  const stamp = path.join(root, 'node_modules', '.setup-stamp');
  const hash = hashOf('package-lock.json');
  const link = lstatSync(path.join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink();
  // npm would empty the folder behind the link, which others use.
  if (link && !(existsSync(stamp) && readFileSync(stamp, 'utf8') === hash)) fail('node_modules is a link to packages of another lock file; install there, or remove the link');
  once(stamp, hash, 'installing npm packages from the lock file (about 250 MB, once)', () => {
    // No package needs its install script: native parts come as platform packages.
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  });
}

function installPythonPackages() {
  const stamp = path.join(venv, '.setup-stamp');
  once(stamp, hashOf('tools/requirements.txt'), 'installing Python packages into .venv (about 150 MB, once)', () => {
    rmSync(venv, { recursive: true, force: true });
    run(findPython(), ['-m', 'venv', venv]);
    run(path.join(venv, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', '-r', 'tools/requirements.txt']);
  });
}

function setup() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 16)) fail(`needs Node 20.16 or newer, this is ${process.versions.node}`);
  installNodePackages();
  installPythonPackages();
}

module.exports = { root, setup, installPythonPackages, findPython };
