import { readRows } from '../../../src/extractor/rows';
import { done, packetize } from '../../../tools/replay-server/tds-packets';
import { colMetadata, row, wireColumn } from '../../../tools/replay-server/wire-rows';
import { connectReplay, landPayload } from '../../support/tds/land';
import { MemoryTarget } from '../../support/tds/memory-target';

const COLUMNS = [wireColumn.intN('Id', 4), wireColumn.varbinaryMax('Document')];
const MIB = 0x100000;
const cells = (id: number, bytes: number) => [Buffer.from([id, 0, 0, 0]), Buffer.alloc(bytes, id)];

/** A target that takes a write when it is told to. */
class HeldTarget extends MemoryTarget {
  public held = 0;
  public mostHeld = 0;
  public writes = 0;
  private waiting: Array<() => void> = [];

  public constructor() {
    super(async () => {
      this.writes += 1;
      this.mostHeld = Math.max(this.mostHeld, ++this.held);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
      this.held -= 1;
    });
  }

  public release(): void {
    this.waiting.splice(0).forEach((resolve) => resolve());
  }
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

test.each(['csv', 'jsonl'] as const)('%s hands a huge value on in pieces, the next when the last was taken', async (name) => {
  const target = new HeldTarget();
  const payload = Buffer.concat([colMetadata(COLUMNS), row(COLUMNS, cells(7, 8 * MIB)), row(COLUMNS, cells(8, 10)), done(0x10, 2)]);
  let over = false;
  const landing = landPayload(payload, { name, compression: 'none' }, { target }).finally(() => { over = true; });
  while (!over) {
    target.release();
    await turns(1);
  }
  const { objects, rows } = await landing;
  expect(rows).toBe(2);
  expect(target.mostHeld).toBe(1);
  expect(target.writes).toBeGreaterThan(8);
  const document = Buffer.alloc(8 * MIB, 7).toString(name === 'csv' ? 'hex' : 'base64');
  const expected = name === 'csv' ? `Id,Document\n7,${document}\n8,${'08'.repeat(10)}\n`
    : `{"Id":7,"Document":"${document}"}\n{"Id":8,"Document":"${Buffer.alloc(10, 8).toString('base64')}"}\n`;
  expect(objects[0].toString() === expected).toBe(true);
});

test.each(['csv', 'parquet'] as const)('%s: a target that takes nothing stops the reading from the server', async (name) => {
  const rows = 400;
  let sent = 0;
  function* reply(): Iterable<Buffer> {
    yield packetize(colMetadata(COLUMNS), 4096, false);
    for (let i = 0; i < rows; i++) {
      sent += 1;
      yield packetize(row(COLUMNS, cells(i % 100, MIB / 4)), 4096, false);
    }
    yield packetize(done(0x10, rows), 4096, true);
  }
  const { connection, stop } = await connectReplay(reply);
  try {
    const target = new HeldTarget();
    let over = false;
    const reading = readRows({
      connection,
      sql: 'select',
      format: { name, compression: 'none', ...(name === 'parquet' && { rowGroupBytes: MIB }) },
      subject: 'test',
      targetFileBytes: Infinity,
      open: target.open,
    }).finally(() => { over = true; });
    // Parquet's first write is its magic number, which comes before any row.
    while (target.held === 0) await turns(1);
    // What the sockets of both sides hold may still be sent; then it must stand still.
    let before = -1;
    for (let still = 0; still < 50;) {
      await turns(20);
      still = sent === before ? still + 1 : 0;
      before = sent;
    }
    expect(sent).toBeLessThan(rows / 2);
    while (!over) {
      target.release();
      await turns(1);
    }
    expect((await reading).rows).toBe(rows);
    expect(sent).toBe(rows);
  } finally {
    await stop();
  }
});
