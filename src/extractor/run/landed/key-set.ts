/* eslint-disable no-bitwise */
/** What is known of a key. */
enum State { FREE, LANDED, REMOVED, SEEN, TOLD }

/** Keys for each place of the table, so that few are looked at in vain. */
const LOAD = 0.8;
const WORDS = 4;

/**
 * Keys that landed, by their codes, and which of them the source has: 17 bytes a place, 21 a key. Its size is that of the rows which may be
 * added; keys that were removed keep their places.
 */
export class KeySet {
  /** Keys that landed and were not removed since. */
  public landed = 0;
  /** Of these the source has so many. */
  public seen = 0;
  private readonly places: number;
  private readonly words: Uint32Array;
  private readonly states: Uint8Array;
  private used = 0;

  /** @param most keys that are added */
  public constructor(most: number) {
    this.places = Math.ceil(most / LOAD) + 1;
    this.words = new Uint32Array(WORDS * this.places);
    this.states = new Uint8Array(this.places);
  }

  /** A row landed. */
  public add(code: Uint32Array): void {
    const at = this.placeOf(code);
    if (this.states[at] === State.LANDED) return;
    if (this.states[at] === State.FREE) {
      if (++this.used === this.places) throw new RangeError(`more than ${this.places - 1} keys, which there were to be`);
      this.words.set(code, WORDS * at);
    }
    this.states[at] = State.LANDED;
    this.landed += 1;
  }

  /** A delete landed. */
  public remove(code: Uint32Array): void {
    const at = this.placeOf(code);
    if (this.states[at] !== State.LANDED) return;
    this.states[at] = State.REMOVED;
    this.landed -= 1;
  }

  /** The source has the key. @returns whether it has landed; to be asked once of a key */
  public see(code: Uint32Array): boolean {
    const at = this.placeOf(code);
    if (this.states[at] !== State.LANDED) return false;
    this.states[at] = State.SEEN;
    this.seen += 1;
    return true;
  }

  /** Whether a key has landed, seen or not. */
  public has(code: Uint32Array): boolean {
    const state = this.states[this.placeOf(code)];
    return state === State.LANDED || state === State.SEEN;
  }

  /** Whether a key has landed that was not seen, and is told for the first time. */
  public tell(code: Uint32Array): boolean {
    const at = this.placeOf(code);
    if (this.states[at] !== State.LANDED) return false;
    this.states[at] = State.TOLD;
    return true;
  }

  /** Whether a key was told, which is forgotten by it. */
  public takeBack(code: Uint32Array): boolean {
    const at = this.placeOf(code);
    if (this.states[at] !== State.TOLD) return false;
    this.states[at] = State.REMOVED;
    return true;
  }

  /** The place of a key, or a free one. */
  private placeOf(code: Uint32Array): number {
    const { words, states, places } = this;
    let at = Math.floor(mixed(code, 0x9e3779b1) / 2 ** 32 * places);
    while (states[at] !== State.FREE) {
      const from = WORDS * at;
      if (words[from] === code[0] && words[from + 1] === code[1] && words[from + 2] === code[2] && words[from + 3] === code[3]) return at;
      if (++at === places) at = 0;
    }
    return at;
  }
}

/** Which of so many parts a key is in; the place of a key in its part does not depend on it. */
export function partOf(code: Uint32Array, parts: number): number {
  return parts === 1 ? 0 : mixed(code, 0x85ebca77) % parts;
}

/** Codes of short keys are the keys, which follow each other: a number of 32 bits that does not (MurmurHash3, finaliser). */
function mixed(code: Uint32Array, seed: number): number {
  let hash = seed;
  for (let word = 0; word < WORDS; word++) {
    hash = Math.imul(hash ^ code[word], 0x85ebca6b);
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}
