import { vectorPayload, type WireVector, wireVectors } from './wire-vectors';
import { type WalkedColumn, walkResult } from '../../../tools/replay-server/row-walker';
import { done } from '../../../tools/replay-server/tds-packets';
import { wireColumn, colMetadata } from '../../../tools/replay-server/wire-rows';

/** What a joined column holds, and what it means. */
export interface JoinedColumn {
  readonly vector: WireVector;
  /** Of the vector's visible columns. */
  readonly index: number;
  readonly name: string;
}

/** Responses of others side by side: one of theirs has a column or some, a few rows, and here each has its place in one wide table. */
export interface JoinedVectors {
  /** Name of the column that numbers rows from 1. */
  readonly key: string;
  readonly columns: readonly JoinedColumn[];
  readonly rows: number;
  /** Response with the rows from one to another, the latter not included. */
  payload(from: number, to: number): Buffer;
  /** Which of its rows a vector has in a row of the table. */
  rowOf(vector: WireVector, row: number): number;
}

interface Piece {
  readonly vector: WireVector;
  /** Without their names. */
  readonly definitions: readonly Buffer[];
  /** By row, NULL as null. */
  readonly values: ReadonlyArray<ReadonlyArray<Buffer | null>>;
}

/** fHidden (MS-TDS 2.2.7.4), in the second byte of the flags, which follow four bytes of user type. */
const HIDDEN = 0x20;

/** All that land with the default options and fit into a table of others: not those of a thousand columns, nor what stands between rows. */
export function joinVectors(): JoinedVectors {
  const pieces = wireVectors().flatMap((vector) => pieceOf(vector) ?? []);
  const rows = Math.max(...pieces.map(({ values }) => values.length));
  const columns = pieces.flatMap(({ vector, definitions }) => definitions.map((_, index) => ({
    vector, index, name: `${vector.id.replaceAll('-', '_')}_${index}`,
  })));
  const definitions = pieces.flatMap((piece) => piece.definitions).map((definition, at) => Buffer.concat([
    definition, Buffer.from([columns[at].name.length]), Buffer.from(columns[at].name, 'utf16le'),
  ]));
  const head = colMetadata([wireColumn.intN('row', 4)]);
  head.writeUInt16LE(1 + columns.length, 1);
  return {
    key: 'row',
    columns,
    rows,
    rowOf: ({ expected }, row) => row % expected.rows!.length,
    payload: (from, to) => Buffer.concat([
      head,
      ...definitions,
      ...Array.from({ length: to - from }, (_, i) => rowToken(from + i, pieces)),
      done(0x10, to - from),
    ]),
  };
}

/** A row with its NULLs in a bitmap (MS-TDS 2.2.7.14). */
function rowToken(at: number, pieces: readonly Piece[]): Buffer {
  const key = Buffer.alloc(5, 4);
  key.writeInt32LE(at + 1, 1);
  const values = [key, ...pieces.flatMap(({ values: all }) => all[at % all.length])];
  const bitmap = Buffer.alloc((values.length + 7) >> 3);
  values.forEach((value, i) => {
    if (value === null) bitmap[i >> 3] |= 1 << (i & 7);
  });
  return Buffer.concat([Buffer.from([0xd2]), bitmap, ...values.filter((value) => value !== null)]);
}

function pieceOf(vector: WireVector): Piece | undefined {
  if (!vector.expected.rows || vector.options) return undefined;
  const payload = vectorPayload(vector);
  if (payload[0] !== 0x81) return undefined;
  const values: Array<ReadonlyArray<Buffer | null>> = [];
  let walked;
  try {
    walked = walkResult(payload, ({ starts, lengths }, columns) => {
      values.push(columns.map((column, i) => starts[i] < 0 ? null : valueOf(payload, column, starts[i], lengths[i])));
    });
  } catch {
    return undefined;
  }
  const definitions = walked.columns.map(({ from, name }) => payload.subarray(from.start, from.end - 1 - 2 * name.length));
  const hidden = definitions.some((definition) => (definition[5] & HIDDEN) !== 0);
  if (hidden || values.length !== vector.expected.rows.length || definitions.length > 100) return undefined;
  return { vector, definitions, values };
}

/** With the length before it. */
function valueOf(payload: Buffer, { framing }: WalkedColumn, start: number, length: number): Buffer {
  const lengthBytes = { fixed: 0, byte: 1, short: 2, long: 4, plp: 8 };
  if (framing !== 'text') return payload.subarray(start - lengthBytes[framing], start + length);
  // A text pointer and a time stamp, which say nothing.
  return Buffer.concat([Buffer.from([16]), Buffer.alloc(24, 0x11), payload.subarray(start - 4, start + length)]);
}
