import { createHash } from 'node:crypto';
import { RowBatch } from './read-rows';
import { textKey } from './values';

/**
 * Content of rows whatever their order: number of rows, and the sum of their hashes (the first 128 bits of SHA-256 of all values in the
 * order of the columns, each with its length). Twice the same row counts twice.
 */
export class RowHash {
  public rows = 0;
  private sum = 0n;

  public add({ columns, positions }: Pick<RowBatch, 'columns' | 'positions'>): void {
    for (let row = 0; row < positions.length; row++) {
      let text = '';
      for (const column of columns) {
        const value = textKey(column[row]);
        text += `${value.length}:${value}`;
      }
      const digest = createHash('sha256').update(text).digest('hex').slice(0, 32);
      this.sum = BigInt.asUintN(128, this.sum + BigInt(`0x${digest}`));
      this.rows += 1;
    }
  }

  public toString(): string {
    return `${this.rows} rows ${this.sum.toString(16).padStart(32, '0')}`;
  }
}
