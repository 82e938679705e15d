/**
 * What a manifest of 2,000,000 columns costs run completion: the manifest is written in pages by one process, and completed with the
 * catalog by another one that has the heap of a function of 1024 MB, S3, DynamoDB and Glue answering at once.
 *
 *     npx tsx bench/manifest-size.ts
 */
import { spawnSync } from 'node:child_process';
import { peakRssMb } from './harness/measured';
import { ManifestFolder, manifestOfSize, type ManifestSize } from '../test/support/runs/manifest-figures';

const SIZE: ManifestSize = { tables: 2000, columnsPerTable: 1000, objectsPerTable: 10 };

async function main([step, path, key]: readonly string[]): Promise<void> {
  const started = performance.now();
  const figures = () => ({ seconds: Math.round((performance.now() - started) / 100) / 10, peakRssMb: Math.round(peakRssMb()) });
  if (step === 'write') {
    process.stdout.write(JSON.stringify({ step, key: await new ManifestFolder(path).write(manifestOfSize(SIZE)), ...figures() }));
  } else if (step === 'complete') {
    const { run, columns, announced } = await new ManifestFolder(path).complete(key);
    process.stdout.write(JSON.stringify({ step, state: run.runState, tables: run.tables, objects: run.objects, columns, announced, ...figures() }));
  } else {
    const folder = new ManifestFolder();
    try {
      const written = child(['write', folder.path], []);
      process.stdout.write(`${written}\n`);
      process.stdout.write(`${child(['complete', folder.path, (JSON.parse(written) as { readonly key: string }).key], ['--max-old-space-size=820'])}\n`);
    } finally {
      folder.remove();
    }
  }
}

function child(args: readonly string[], flags: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, '--import', 'tsx', __filename, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args[0]} ended with ${status}: ${stderr}`);
  return stdout;
}

void main(process.argv.slice(2));
