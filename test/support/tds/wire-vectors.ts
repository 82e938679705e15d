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

/** The vectors with rows that stand for their families: of each the first that was recorded, the last of all, and those with options. */
export function representatives(): WireVector[] {
  const families = new Map<string, WireVector[]>();
  for (const vector of wireVectors()) {
    if (vector.expected.rows) families.set(vector.family, [...families.get(vector.family) ?? [], vector]);
  }
  return [...families.values()].flatMap((vectors) => {
    const recorded = vectors.find((vector) => vector.class === 'recorded');
    return vectors.filter((vector) => vector === recorded || vector === vectors.at(-1) || vector.options);
  });
}
