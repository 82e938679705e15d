import { ByteRoom } from './byte-room';
import { Dictionary, PlainValues, valueBounds } from './page';

/** Where it is full: a page of indices stays small, and readers hold it easily. One page of values may come on top. */
const MAX_VALUES = 65_536;
const MAX_BYTES = 1024 * 1024;

/** The dictionary of a chunk that is being written: values of other dictionaries, each once, as they are met. */
export class GrowingDictionary {
  public count = 0;
  private readonly bytes = new ByteRoom();
  private starts = new Uint32Array(64);
  private readonly places = new Map<string, number>();
  /** Of another dictionary's values: 1 more than their places here, 0 of those that were not met. */
  private readonly met = new Map<Dictionary, Uint32Array>();

  public constructor(private readonly width: number) {}

  public get isFull(): boolean {
    return this.count >= MAX_VALUES || this.bytes.length >= MAX_BYTES;
  }

  public get sizeBytes(): number {
    return this.bytes.length;
  }

  /** Values in PLAIN's form; good until the next come. */
  public get values(): PlainValues {
    const { bytes, count, width, starts } = this;
    return { bytes: bytes.view(), count, width, ...(width === 0 && { starts: starts.subarray(0, count + 1) }) };
  }

  /** Writes the places here of values of another dictionary. */
  public place(dictionary: Dictionary, indices: Uint32Array, out: Uint32Array, at: number): void {
    let met = this.met.get(dictionary);
    if (!met) this.met.set(dictionary, met = new Uint32Array(dictionary.count));
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i];
      if (met[index] === 0) met[index] = 1 + this.add(dictionary, index);
      out[at + i] = met[index] - 1;
    }
  }

  private add(dictionary: Dictionary, index: number): number {
    const { bytes, starts } = dictionary;
    const [from, to] = valueBounds(dictionary, index);
    const key = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');
    const known = this.places.get(key);
    if (known !== undefined) return known;
    this.bytes.append(bytes.subarray(starts ? from - 4 : from, to));
    if (this.starts.length < this.count + 2) {
      const grown = new Uint32Array(2 * this.starts.length);
      grown.set(this.starts);
      this.starts = grown;
    }
    this.starts[this.count + 1] = this.bytes.length;
    this.places.set(key, this.count);
    return this.count++;
  }
}
