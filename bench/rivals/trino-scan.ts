import { readdirSync } from 'node:fs';
import { sep } from 'node:path';
import { compactTable } from '../../src/iceberg/commit/compact/compact-table';
import { Trino, whyMissing } from '../../tools/engines';
import { DATABASE, Lake } from '../../tools/lake/lake';
import { startLocalCloud } from '../../tools/local-cloud';

/** What Trino took for one scan of a table (seconds, the median), its deletes being files of their own and folded in. */
export interface TrinoScan {
  readonly version: string;
  readonly rows: string;
  readonly withDeletesSeconds: number;
  readonly compactedSeconds: number;
}

const ROUNDS = 5;

/** Commits the runs of a folder once more, into a catalog that Trino reads. @throws Error where Trino is not installed */
export async function scanByTrino(folder: string, name: string): Promise<TrinoScan> {
  const missing = whyMissing('trino');
  if (missing !== undefined) throw new Error(`--trino: ${missing}`);
  const cloud = await startLocalCloud({ enforceIam: false });
  const lake = await Lake.open(cloud, folder);
  let trino: Trino | undefined;
  try {
    // Run ids begin with the time.
    const manifests = (readdirSync(folder, { recursive: true }) as string[]).map((key) => key.split(sep).join('/')).filter((key) => key.endsWith('_manifest.json'));
    for (const key of manifests.sort((a, b) => (lake.manifest(a).runId < lake.manifest(b).runId ? -1 : 1))) await lake.commit(key);
    trino = await Trino.start(cloud);
    const withDeletes = await scan(trino, name);
    await compactTable(lake.inCloud, name);
    const compacted = await scan(trino, name);
    if (withDeletes.answer !== compacted.answer) throw new Error(`Trino saw ${withDeletes.answer} with deletes, and ${compacted.answer} compacted`);
    return { version: trino.version, rows: compacted.rows, withDeletesSeconds: withDeletes.seconds, compactedSeconds: compacted.seconds };
  } finally {
    await trino?.stop();
    lake.close();
    await cloud.stop();
  }
}

async function scan(trino: Trino, name: string): Promise<{ readonly answer: string; readonly rows: string; readonly seconds: number }> {
  // The first is not counted: the server compiles its code.
  const seconds: number[] = [];
  let answer: ReadonlyArray<string | null> = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const began = performance.now();
    const { rows } = await trino.query(`SELECT count(*), sum(amount), sum(status), max(memo), count(reference) FROM glue.${DATABASE}.${name}`);
    if (round > 0) seconds.push((performance.now() - began) / 1000);
    [answer] = rows;
  }
  return { answer: answer.join(), rows: String(answer[0]), seconds: seconds.sort((a, b) => a - b)[Math.floor(seconds.length / 2)] };
}
