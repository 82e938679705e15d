import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { measureSynth, VARIANTS } from '../../bench/synth-time';

const ROOT = path.resolve(__dirname, '..', '..');

test('it measures every variant; a pipeline costs more than an empty stack', () => {
  const figures = measureSynth(1);
  expect(figures.map(({ name }) => name)).toEqual(VARIANTS);
  for (const { wall, cpu, loadCdk } of figures) {
    expect(cpu).toBeGreaterThan(0);
    expect(wall).toBeGreaterThan(loadCdk);
  }
  const [empty, modules, template, , pipeline, two] = figures;
  expect(template.loadLibrary).toBeLessThan(1);
  expect(two.cpu).toBeGreaterThan(empty.cpu);
  expect(modules.cpu).toBeGreaterThan(empty.cpu);
  expect(pipeline.cpu).toBeGreaterThan(empty.cpu);
  expect(pipeline.loadLibrary).toBeGreaterThan(0);
});

/** Modules whose path has one of the parts, after a synth of a pipeline in a fresh process. */
const loadedAfterSynth = (...parts: string[]): string[] => JSON.parse(execFileSync(process.execPath, ['--eval', `
  const { App, Stack } = require('aws-cdk-lib');
  const { LegacyToS3Pipeline } = require('./lib');
  const app = new App({ outdir: require('fs').mkdtempSync(require('os').tmpdir() + '/loaded-'), analyticsReporting: false });
  new LegacyToS3Pipeline(new Stack(app, 'Stack'), 'Ledger');
  app.synth();
  console.log(JSON.stringify(Object.keys(require.cache).filter((file) => ${JSON.stringify(parts)}.some((part) => file.includes(part)))));
`], { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));

test('a synth loads neither what is slow to load nor what a function or the extractor runs', () => {
  expect(loadedAfterSynth('/aws-cdk-lib/aws-s3/lib/bucket.js')).toHaveLength(1);
  expect(loadedAfterSynth('/aws-cdk-lib/region-info/', '/fs-extra/', '/esbuild/', '/tedious/', '/@aws-sdk/', path.join(ROOT, 'assets'))).toEqual([]);
});
