/* eslint-disable no-bitwise */
import { DuckDBResult } from '@duckdb/node-api';
import { RowEncoder } from './row-encoder';
import { DONE_COUNT, DONE_ERROR, DONE_FINAL, DONE_IN_TRANSACTION, DONE_MORE, Token, columnMetadata, done, message } from './tokens';
import { ByteWriter } from '../../tds/byte-writer';
import { MessageWriter } from '../../tds/message-writer';
import { BoundColumn } from '../sql/binder/bound';
import { SqlError } from '../sql/errors';

/** Encoded rows held before they are put into packets and the client's pace is awaited. */
const BATCH_BYTES = 128 * 1024;

/** A request given up because the client sent an attention or is gone. */
export class CancelledError extends Error {}

/** Current command of a DONE token, as SQL Server numbers them. */
export enum Command {
  SELECT = 0xc1,
  INSERT = 0xc3,
  DELETE = 0xc4,
  UPDATE = 0xc5,
}

/** One response: tokens in their order, a DONE for each statement, and the last of them marked as the end. */
export class Response {
  private pendingDone: ((status: number) => Buffer) | undefined;
  private readonly buffer = new ByteWriter(2 * BATCH_BYTES);
  private failed = false;
  /** Metadata was sent whose rows have not been ended by a DONE yet. */
  private inResult = false;

  constructor(
    private readonly writer: MessageWriter,
    /** A batch ends its statements with DONE, a procedure with DONEINPROC. */
    private readonly inProcedure: boolean,
    private readonly state: { readonly cancelled: boolean; readonly inTransaction: boolean; readonly databaseName: string },
  ) {}

  token(data: Buffer): void {
    this.releaseDone(DONE_MORE);
    this.writer.write(data);
  }

  message(error: SqlError): void {
    this.failed ||= error.severity > 10;
    this.token(message(error));
  }

  columns(columns: readonly BoundColumn[]): void {
    this.token(columnMetadata(columns, this.state.databaseName));
    this.inResult = true;
  }

  /** Sends a result's rows as DuckDB produces them, at the client's pace. Returns how many there were. */
  async rows(columns: readonly BoundColumn[], result: DuckDBResult): Promise<bigint> {
    const encoder = new RowEncoder(columns);
    const { buffer } = this;
    let count = 0;
    for (;;) {
      const chunk = await result.fetchChunk();
      if (!chunk || chunk.rowCount === 0) {
        break;
      }
      encoder.bind(chunk);
      for (let row = 0; row < chunk.rowCount; row++) {
        encoder.write(buffer, row);
        if (buffer.length >= BATCH_BYTES) {
          await this.flushRows();
        }
      }
      count += chunk.rowCount;
    }
    await this.flushRows();
    return BigInt(count);
  }

  /** Ends the result of a statement whose error a CATCH block takes. */
  abandonResult(): void {
    if (this.inResult) {
      this.statementDone(Command.SELECT, 0n);
    }
  }

  /** Ends a statement. Its DONE is held back until it is known whether more follows. */
  statementDone(command = 0, rowCount?: bigint): void {
    this.releaseDone(DONE_MORE);
    this.inResult = false;
    const error = this.failed ? DONE_ERROR : 0;
    this.failed = false;
    const token = this.inProcedure ? Token.DONE_IN_PROC : Token.DONE;
    this.pendingDone = (status) => done(token, status | error | this.transaction() | (rowCount === undefined ? 0 : DONE_COUNT), rowCount, command);
  }

  /** Ends the response; a procedure's needs its own DONEPROC after all else. */
  end(): void {
    if (this.inProcedure) {
      this.releaseDone(DONE_MORE);
      this.writer.write(done(Token.DONE_PROC, (this.failed ? DONE_ERROR : DONE_FINAL) | this.transaction()));
    } else if (this.pendingDone && !this.failed) {
      this.releaseDone(DONE_FINAL);
    } else {
      this.releaseDone(DONE_MORE);
      this.writer.write(done(Token.DONE, (this.failed ? DONE_ERROR : DONE_FINAL) | this.transaction()));
    }
    this.writer.end();
  }

  private transaction(): number {
    return this.state.inTransaction ? DONE_IN_TRANSACTION : 0;
  }

  private releaseDone(status: number): void {
    const pending = this.pendingDone;
    this.pendingDone = undefined;
    if (pending) {
      this.writer.write(pending(status));
    }
  }

  private async flushRows(): Promise<void> {
    this.releaseDone(DONE_MORE);
    this.writer.write(this.buffer.data, 0, this.buffer.length);
    this.buffer.clear();
    await this.writer.ready();
    if (this.state.cancelled) {
      throw new CancelledError();
    }
  }
}
