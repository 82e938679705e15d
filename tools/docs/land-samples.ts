import { SAMPLE_COLUMNS } from './sample-columns';
import { ColumnType, columnTypeOf } from '../../src/extractor/rows/columns/column-type';
import { OutputFormat } from '../../src/extractor/rows/columns/output-format';
import { RowLanding } from '../../src/extractor/rows/objects/row-landing';
import { ByteCursor } from '../../src/extractor/rows/tds/byte-cursor';
import { readColumnMetadata } from '../../src/extractor/rows/tds/column-metadata';
import { TokenReader } from '../../src/extractor/rows/tds/token-reader';
import { done } from '../replay-server/tds-packets';
import { colMetadata, row } from '../replay-server/wire-rows';

const columns = SAMPLE_COLUMNS.map(({ column }) => column);
const metadata = colMetadata(columns);

/** The sample columns as the extractor understands them. */
export function sampleTypes(): ColumnType[] {
  return readColumnMetadata(new ByteCursor(metadata, 1, metadata.length)).map((column) => {
    const type = columnTypeOf(column);
    if (!('kind' in type)) throw new Error(`${column.name}: ${type.reason}`);
    return type;
  });
}

/** One object with the row of samples, by the engine itself. */
export async function landSamples(format: OutputFormat): Promise<Buffer> {
  const parts: Buffer[] = [];
  const landing = new RowLanding({
    format,
    subject: 'samples',
    targetFileBytes: Infinity,
    open: () => ({
      write: (bytes) => void parts.push(Buffer.from(bytes)),
      complete: async () => ({ key: 'samples', sizeBytes: 0, checksum: { algorithm: 'SHA256', type: 'FULL_OBJECT', value: '' } }),
      abort: async () => undefined,
    }),
  });
  const reader = new TokenReader({ consumer: landing, onControl: () => undefined });
  await reader.push(Buffer.concat([metadata, row(columns, SAMPLE_COLUMNS.map(({ cell }) => cell)), done(0x10, 1)]));
  reader.finish();
  await landing.finish();
  return Buffer.concat(parts);
}
