import { Connection } from 'tedious';
import { MemoryTarget } from './memory-target';
import { ManifestColumn, ManifestTally } from '../../../src/contract';
import { OffKernelCounts } from '../../../src/extractor/rows/columns/off-kernel';
import { OutputFormat } from '../../../src/extractor/rows/columns/output-format';
import { ColumnAlterations } from '../../../src/extractor/rows/objects/read-rows';
import { RowLanding } from '../../../src/extractor/rows/objects/row-landing';
import { connectDirect } from '../../../src/extractor/rows/tds/direct-socket';
import { TokenReader } from '../../../src/extractor/rows/tds/token-reader';
import { ReplayServer } from '../../../tools/replay-server/replay-server';
import type { ReplyPackets } from '../../../tools/replay-server/reply';

export interface Landing {
  readonly columns: readonly ManifestColumn[];
  readonly rows: number;
  readonly files: readonly { readonly rows: number; readonly contentHash: bigint }[];
  readonly objects: readonly Buffer[];
  /** Tokens that were passed on, by type. */
  readonly control: readonly number[];
  readonly alterations: readonly ColumnAlterations[];
  readonly tallies: readonly ManifestTally[];
  readonly rowsOffKernel: OffKernelCounts;
}

/** Decodes payload bytes without a connection; `cuts` are the lengths of the pieces it comes in, used in turn. */
export async function landPayload(
  payload: Uint8Array, format: OutputFormat, { cuts = [0x10000], targetFileBytes = Infinity, target = new MemoryTarget(), initialBuffer }: {
    readonly cuts?: readonly number[];
    readonly targetFileBytes?: number;
    readonly target?: MemoryTarget;
    readonly initialBuffer?: number;
  } = {},
): Promise<Landing> {
  const landing = new RowLanding({ format, subject: 'test', targetFileBytes, open: target.open });
  const control: number[] = [];
  const reader = new TokenReader({ consumer: landing, onControl: (token) => control.push(token[0]), initialBuffer });
  for (let at = 0, i = 0; at < payload.length; i++) {
    const size = cuts[i % cuts.length];
    await reader.push(payload.subarray(at, at + size));
    at += size;
  }
  reader.finish();
  await landing.finish();
  const { columnsLanded: columns, rows, files, alterations, tallies, rowsOffKernel } = landing;
  return { columns, rows, files, objects: target.completed, control, alterations, tallies, rowsOffKernel };
}

/** A replay server and a tedious connection to it. @param connector as the extractor's own when it is not said */
export async function connectReplay(
  reply: (request: string) => ReplyPackets, packetSize?: number, connector: typeof connectDirect | undefined = connectDirect,
): Promise<{ readonly server: ReplayServer; readonly connection: Connection; readonly stop: () => Promise<void> }> {
  const server = await ReplayServer.start({ reply, packetSize });
  const connection = new Connection({
    server: '127.0.0.1',
    options: { port: server.port, encrypt: false, trustServerCertificate: true, ...(connector && { connector: connector as never }) },
    authentication: { type: 'default', options: { userName: 'reader', password: 'any' } },
  });
  // A dropped connection is reported to the request too; without a listener it would end the process.
  connection.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())));
  return {
    server,
    connection,
    stop: async () => {
      connection.close();
      await server.stop();
    },
  };
}
