import { spawnSync } from 'node:child_process';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..', '..');

// It installs another aws-cdk-lib and runs minutes long, so it waits to be asked for.
const whenAsked = process.env.TEST_NEWEST_CDK ? test : test.skip;

whenAsked('every test of the construct also passes with a pinned newest aws-cdk-lib', () => {
  const { status, stderr } = spawnSync(process.execPath, ['tools/test-newest-cdk.js'], { cwd: ROOT, encoding: 'utf8', env: { ...process.env, CI: 'true' } });
  const summary = /Tests: .*/.exec(stderr)?.[0] ?? stderr.slice(-2000);
  expect(`${status} ${summary}`).toMatch(/^0 Tests: +\d{3} passed, \d{3} total$/);
  expect(stderr).toMatch(/testing with aws-cdk-lib 2\.(?!257\.)\d+\.\d+/);
}, 600_000);
