import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TypeOptions } from '../../../src/extractor/doors/public';

/** A response of a server, and what it means; see the README beside the vectors. */
export interface WireVector {
  readonly id: string;
  readonly family: string;
  readonly class: 'recorded' | 'ms-spec' | 'driver-test' | 'constructed';
  readonly source: string;
  readonly options?: TypeOptions;
  readonly tokensHex: string;
  readonly expected: {
    readonly names?: readonly string[];
    readonly rows?: ReadonlyArray<ReadonlyArray<string | null>>;
    readonly sourceTypes?: readonly string[];
    /** Of sql_variant, row by row. */
    readonly baseTypes?: ReadonlyArray<ReadonlyArray<string | null>>;
    /** A regular expression. */
    readonly error?: string;
  };
  readonly judgement?: string;
}

/** Responses whose bytes and meaning others recorded or wrote down. */
export function wireVectors(): WireVector[] {
  const lines = readFileSync(join(__dirname, '../../fixtures/wire-vectors/vectors.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as WireVector);
}

export function vectorPayload({ tokensHex }: WireVector): Buffer {
  return Buffer.from(tokensHex, 'hex');
}

/** The vectors with rows of each family that stand for it: the first, and the first that was recorded; of text each that has options. */
export function representatives(): WireVector[] {
  const vectors = wireVectors().filter(({ expected }) => expected.rows !== undefined);
  const families = new Map<string, Set<WireVector>>();
  for (const vector of vectors) {
    const chosen = families.get(vector.family) ?? new Set();
    families.set(vector.family, chosen);
    const recorded = vector.class === 'recorded' && ![...chosen].some((other) => other.class === 'recorded');
    if (chosen.size === 0 || recorded || vector.options) chosen.add(vector);
  }
  return [...families.values()].flatMap((chosen) => [...chosen]);
}
