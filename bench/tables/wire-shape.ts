import { isDecimal, NBC_ROW, walkResult } from '../../tools/replay-server/row-walker';
import { unpacketize } from '../../tools/replay-server/tds-packets';

/** What a response looks like on the wire, as far as the cost of reading it hangs on that. */
export interface WireShape {
  readonly rows: number;
  /** Longest packet, header included, in bytes. */
  readonly packetBytes: number;
  /** Packets but the last that are shorter than the longest. */
  readonly shortPackets: number;
  /** NBCROW among all rows, from 0 to 1. */
  readonly nbcRowShare: number;
  readonly decimals: readonly DecimalShape[];
}

export interface DecimalShape {
  readonly column: string;
  /** Length in COLMETADATA, sign included, in bytes (MS-TDS 2.2.5.4.2). */
  readonly announced: number;
  /** Share of the rows, from 0 to 1, by length in bytes: 5, 9, 13 or 17, 0 for NULL. */
  readonly lengths: { readonly [bytes: number]: number };
}

/** @param packets of one response, headers included */
export function wireShape(packets: Buffer): WireShape {
  const sizes: number[] = [];
  for (let at = 0; at < packets.length; at += packets.readUInt16BE(at + 2)) sizes.push(packets.readUInt16BE(at + 2));
  const packetBytes = sizes.reduce((longest, size) => Math.max(longest, size), 0);
  let nbcRows = 0;
  const counts = new Map<number, Map<number, number>>();
  const { rows, columns } = walkResult(unpacketize(packets), ({ token, lengths }, each) => {
    if (token === NBC_ROW) nbcRows += 1;
    each.forEach((column, i) => {
      if (!isDecimal(column)) return;
      const of = counts.get(i) ?? new Map<number, number>();
      counts.set(i, of.set(lengths[i], (of.get(lengths[i]) ?? 0) + 1));
    });
  });
  return {
    rows,
    packetBytes,
    shortPackets: sizes.slice(0, -1).filter((size) => size < packetBytes).length,
    nbcRowShare: nbcRows / rows,
    decimals: columns.flatMap((column, i) => (isDecimal(column) ? [{
      column: column.name,
      announced: column.length,
      lengths: Object.fromEntries([...counts.get(i) ?? []].map(([bytes, count]) => [bytes, count / rows])),
    }] : [])),
  };
}

/** A server may fill packets to a multiple of 4 bytes, as the captured one does: 32,764 of 32,767. */
const PACKET_SLACK = 3;
/** Of shares that are quotients of counts. */
const ROUNDING = 1e-9;

/** @returns how `own` differs from `captured`, one sentence each; none where it does not */
export function shapeDifferences(captured: WireShape, own: WireShape): string[] {
  const differences: string[] = [];
  const compare = (what: string, theirs: number, ours: number, tolerance = ROUNDING) => {
    if (!(Math.abs(theirs - ours) <= tolerance)) differences.push(`${what}: ${ours}, in the capture ${theirs}`);
  };
  compare('bytes of a full packet', captured.packetBytes, own.packetBytes, PACKET_SLACK);
  compare('packets that are not full', captured.shortPackets, own.shortPackets);
  compare('share of NBCROW', captured.nbcRowShare, own.nbcRowShare);
  compare('decimal columns', captured.decimals.length, own.decimals.length);
  captured.decimals.forEach((theirs, i) => {
    const ours = own.decimals[i];
    if (ours === undefined) return;
    compare(`${theirs.column}, announced length`, theirs.announced, ours.announced);
    for (const bytes of new Set([...Object.keys(theirs.lengths), ...Object.keys(ours.lengths)].map(Number))) {
      compare(`${theirs.column}, share of values of ${bytes} bytes`, theirs.lengths[bytes] ?? 0, ours.lengths[bytes] ?? 0);
    }
  });
  return differences;
}
