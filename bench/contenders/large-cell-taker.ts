import { dirname, basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { connectTedious } from './contenders';
import { FileTarget } from '../../src/extractor/landing/file/file-target';
import { readRows } from '../../src/extractor/rows';
import { peakRssMb } from '../harness/measured';

/** Lands one large cell: `large-cell-taker.ts FORMAT TYPE PORT FILE`; prints what it took. */
async function main([name, type, port, file]: readonly string[]): Promise<void> {
  const connection = await connectTedious(Number(port));
  const target = new FileTarget(pathToFileURL(dirname(file)).href);
  const began = performance.now();
  await readRows({
    connection,
    sql: `select ${type}`,
    format: { name: name as 'csv' | 'jsonl', compression: 'none' },
    subject: type,
    targetFileBytes: 0x10000000,
    open: () => target.open({ key: basename(file), contentType: 'text/plain', metadata: {} as never }),
  });
  const seconds = (performance.now() - began) / 1000;
  connection.close();
  process.stdout.write(JSON.stringify({ peakRssMb: peakRssMb(), seconds }));
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
