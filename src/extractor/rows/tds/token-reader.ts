import { ByteCursor, INCOMPLETE } from './byte-cursor';
import { ColumnMetadata, readColumnMetadata, readTypeInfo } from './column-metadata';
import { framingOf } from './framing';
import type { RowConsumer } from './row-consumer';
import { RowScanner } from './row-scanner';
import { visibleOf, VisibleColumns } from './visible-columns';
import { Token } from './wire-types';
import { counted } from '../../api/counted';
import { LegacyToS3Error } from '../../api/errors';

export type { RowConsumer };

export interface TokenReaderOptions {
  readonly consumer: RowConsumer;
  /** Takes the bytes of the tokens that are not ours: DONE, ERROR, INFO, ENVCHANGE, ... They are copies. */
  readonly onControl: (token: Uint8Array) => void;
  readonly initialBuffer?: number;
}

const FIRST_BUFFER = 0x40000;
const LARGEST_BUFFER = 0x7fffffff;
/** A larger buffer is given up after the row it was made for. */
const LARGEST_KEPT = 0x4000000;

/**
 * Splits a response (MS-TDS 2.2.2.2) into rows, which the consumer decodes from the buffer, and all other tokens.
 * The stream may be cut at any byte: what is incomplete is kept and read again when more has come.
 */
export class TokenReader {
  private bytes: Uint8Array;
  private position = 0;
  private end = 0;
  /** Bytes from `position` on without which reading on is of no use. */
  private needed = 1;
  private waiting = false;
  /** Whether rows, or columns, came that no DONE has ended yet. */
  private open = false;
  private consumer: RowConsumer;

  public constructor(private readonly options: TokenReaderOptions) {
    this.bytes = new Uint8Array(options.initialBuffer ?? FIRST_BUFFER);
    this.consumer = options.consumer;
  }

  /**
   * Takes payload bytes (packet headers removed); they are copied.
   *
   * @returns a promise to wait for before the next call, when the consumer wants to be waited for
   */
  public push(chunk: Uint8Array): void | Promise<void> {
    this.append(chunk);
    return this.advance();
  }

  /** Takes payload bytes and leaves them for {@link advance}. */
  public append(chunk: Uint8Array): void {
    if (this.waiting) throw new Error('bytes came before the last ones were done');
    this.reserve(chunk.length);
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }

  /** Reads what was appended; returns as {@link push} does. */
  public advance(): void | Promise<void> {
    if (this.end - this.position < this.needed) return undefined;
    return this.wait(this.read());
  }

  /** The response is over. @throws LegacyToS3Error PROTOCOL_ERROR when it ended inside a token, or a result without DONE (MS-TDS 2.2.7.6) */
  public finish(): void {
    if (this.position !== this.end) {
      throw new LegacyToS3Error('PROTOCOL_ERROR', `the response ended inside a token (${counted(this.end - this.position, 'byte')} left)`);
    }
    if (this.open) throw new LegacyToS3Error('PROTOCOL_ERROR', 'the response ended without saying that its rows are all (DONE)');
  }

  private wait(pending: void | Promise<void>): void | Promise<void> {
    if (!pending) return undefined;
    this.waiting = true;
    return pending.finally(() => {
      this.waiting = false;
    });
  }

  private read(): void | Promise<void> {
    while (this.position < this.end) {
      const token = this.bytes[this.position];
      if (token === Token.ROW || token === Token.NBCROW) {
        const { consumer } = this;
        this.open = true;
        this.position = consumer.decode(this.bytes, this.position, this.end);
        this.needed = Math.max(consumer.needed, 1);
        if (consumer.full) {
          const flushed = consumer.flush();
          if (flushed) return flushed.then(() => this.read());
        } else if (consumer.needed !== 0) {
          return undefined;
        }
        continue;
      }
      const cursor = new ByteCursor(this.bytes, this.position + 1, this.end);
      let columns: ColumnMetadata[] | undefined;
      try {
        columns = this.control(token, cursor);
      } catch (error) {
        if (error !== INCOMPLETE) throw error;
        this.needed = this.end - this.position + 1;
        return undefined;
      }
      this.position = cursor.position;
      this.needed = 1;
      if (columns) this.open = true;
      const opened = columns && this.begin(columns);
      if (opened) return opened.then(() => this.read());
    }
    return undefined;
  }

  /** A result set begins. */
  private begin(columns: readonly ColumnMetadata[]): void | Promise<void> {
    const { consumer } = this.options;
    const hides = columns.some(({ hidden }) => hidden);
    this.consumer = hides ? new VisibleColumns(consumer, columns) : consumer;
    return consumer.columns(hides ? visibleOf(columns) : columns);
  }

  /** Reads a token other than a row; returns columns when it begins a result set. */
  private control(token: number, cursor: ByteCursor): ColumnMetadata[] | undefined {
    const from = cursor.position - 1;
    switch (token) {
      case Token.COLMETADATA: {
        const columns = readColumnMetadata(cursor);
        // Its rows are not tedious's, so it gets no metadata either.
        return columns.length === 0 ? undefined : columns;
      }
      case Token.TABNAME: case Token.COLINFO:
        cursor.skip(cursor.u16());
        return undefined;
      case Token.SESSIONSTATE:
        cursor.skip(cursor.u32());
        return undefined;
      case Token.RETURNVALUE:
        skipReturnValue(cursor);
        return undefined;
      case Token.DONE: case Token.DONEPROC: case Token.DONEINPROC:
        cursor.skip(12);
        this.open = false;
        break;
      case Token.RETURNSTATUS:
        cursor.skip(4);
        break;
      case Token.FEDAUTHINFO:
        cursor.skip(cursor.u32());
        break;
      case Token.ERROR: case Token.INFO: case Token.ENVCHANGE: case Token.ORDER: case Token.LOGINACK: case Token.SSPI:
        cursor.skip(cursor.u16());
        break;
      default:
        throw new LegacyToS3Error('PROTOCOL_ERROR', `unexpected token 0x${token.toString(16)} in the response`);
    }
    this.options.onControl(this.bytes.slice(from, cursor.position));
    return undefined;
  }

  /** Makes room behind `end`: first by moving what is left to the front, then by doubling. */
  private reserve(count: number): void {
    if (this.position === this.end) {
      this.position = this.end = 0;
      if (this.bytes.length > LARGEST_KEPT) this.bytes = new Uint8Array(FIRST_BUFFER);
    }
    if (this.end + count <= this.bytes.length) return;
    const left = this.end - this.position;
    if (left + count > this.bytes.length) {
      if (left + count > LARGEST_BUFFER) throw new LegacyToS3Error('INVALID_VALUE', 'a row of more than 2 GiB');
      let size = this.bytes.length;
      while (size < left + count) size = Math.min(2 * size, LARGEST_BUFFER);
      const grown = new Uint8Array(size);
      grown.set(this.bytes.subarray(this.position, this.end));
      this.bytes = grown;
    } else {
      this.bytes.copyWithin(0, this.position, this.end);
    }
    this.position = 0;
    this.end = left;
  }
}

/** RETURNVALUE (MS-TDS 2.2.7.18): an output parameter; none is asked for, so it is passed over. */
function skipReturnValue(cursor: ByteCursor): void {
  cursor.skip(2);
  const name = cursor.shortString();
  cursor.skip(1);
  const userType = cursor.u32();
  cursor.skip(2);
  const type = cursor.u8();
  const framing = framingOf({ name, ordinal: 0, userType, nullable: true, type, ...readTypeInfo(cursor, type, 0) });
  if (!framing) throw new LegacyToS3Error('PROTOCOL_ERROR', `a return value of unknown type 0x${type.toString(16)}`);
  const scanner = new RowScanner([framing]);
  cursor.skipValue((view, start, end) => scanner.scanValues(view, start, 0, start, end));
}
