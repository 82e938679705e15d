/**
 * The commands of a bare clone: `node tools/run.js demo|local|test|build|bench|engines [arguments]`.
 * Each first installs what is missing.
 */
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { root, setup } = require('./setup.js');

const bin = (name) => path.join(root, 'node_modules', '.bin', name);
const tsx = (script, ...given) => [process.execPath, [path.join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs'), script, ...given]];

/** Steps of each command; the arguments go to the last one. */
const commands = {
  demo: (args) => [...prepare(), ...(args.includes('--trino') ? [tsx('tools/engines/install.ts', 'trino')] : []), tsx('tools/demo/main.ts')],
  local: () => [...prepare(), tsx('tools/local/main.ts')],
  bench: () => [...prepare(), tsx('bench/run.ts')],
  engines: () => [tsx('tools/engines/install.ts')],
  test: () => [[process.execPath, ['tools/test.js']]],
  build: () => [[bin('projen'), ['build']]],
};

/** Bundles and compiled library, made anew only when sources changed. */
function prepare() {
  return [[process.execPath, ['tools/build/if-changed.js']]];
}

const [name, ...args] = process.argv.slice(2);
if (!Object.hasOwn(commands, name ?? '')) {
  console.error(`usage: node tools/run.js ${Object.keys(commands).join('|')} [arguments]; got '${name ?? ''}'`);
  process.exit(2);
}
setup();
// Both tools only say that Node 20 is old; the lines would drown the commands' own.
process.env.JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION ??= '20';
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
const steps = commands[name](args);
for (const [index, [command, stepArgs]] of steps.entries()) {
  const all = index === steps.length - 1 ? [...stepArgs, ...args] : stepArgs;
  const { status, signal } = spawnSync(command, all, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? (signal === 'SIGINT' ? 130 : 1));
}
