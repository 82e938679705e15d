import { FirstSeen } from './first-seen';
import { differenceText } from '../../source/aggregates/aggregate-query';
import type { LandedChunk } from '../../state/landed-chunk';

/** Differences that are told. */
export const MOST_DIFFERENCES = 3;

/** A difference and where it is. */
interface Told {
  readonly chunk: number;
  readonly at: number;
  readonly text: string;
}

/** What the proof of a table rests on, of all its chunks together. They come in any order, and none of them is kept. */
export class ChunkSums {
  public chunks = 0;
  public rows = 0;
  /** Rows that the source counted; undefined unless it was asked of every chunk. */
  public sourceRows: number | undefined = 0;
  /** Whether each chunk has as many rows as the source counted of it, where it was asked. */
  public equal = true;
  /** Whether the source was asked for aggregates of every chunk. */
  public aggregated = true;
  /** Rows whose hash was compared with the source's; undefined unless that was done of every chunk. */
  public hashedRows: number | undefined = 0;
  /** How many aggregates or hashes differed. */
  public differing = 0;
  private told: readonly Told[] = [];
  private readonly states = new Set<string | undefined>();
  private readonly totals = new FirstSeen<string, undefined>();

  public add({ chunk, rows, sourceRows, aggregated, hashedRows, differences = [], state, tableRows }: LandedChunk): void {
    this.chunks += 1;
    this.rows += rows;
    this.sourceRows = this.sourceRows === undefined || sourceRows === undefined ? undefined : this.sourceRows + Number(sourceRows);
    this.equal &&= sourceRows === undefined || Number(sourceRows) === rows;
    this.aggregated &&= aggregated === true;
    this.hashedRows = this.hashedRows === undefined || hashedRows === undefined ? undefined : this.hashedRows + hashedRows;
    this.differing += differences.length;
    if (differences.length > 0) {
      const own = differences.slice(0, MOST_DIFFERENCES).map((difference, at) => ({ chunk, at, text: `chunk ${chunk}, ${differenceText(difference)}` }));
      this.told = [...this.told, ...own].sort((a, b) => a.chunk - b.chunk || a.at - b.at).slice(0, MOST_DIFFERENCES);
    }
    // Whether there are several is all that is asked.
    if (this.states.size < 2) this.states.add(state);
    if (tableRows !== undefined) this.totals.add(tableRows, undefined, chunk, 0, () => undefined);
  }

  /** The first differences, as they are told. */
  public get differences(): string[] {
    return this.told.map(({ text }) => text);
  }

  /** COUNT_BIG of the whole table; undefined where it was not asked, or the chunks are of several states of the database. */
  public get tableRows(): number | undefined {
    const [[told] = []] = this.totals.all;
    return told !== undefined && this.states.size === 1 && !this.states.has(undefined) ? Number(told) : undefined;
  }
}
