import { compareCells, type Engine, type EngineName, type Finding } from '../engines';
import type { TypeTable } from './type-tables';
import { icebergType } from '../../src/iceberg/spec/types';

/** What engines show of an Iceberg type. */
export interface SeenType {
  readonly iceberg: string;
  /** Types of the source that land as it. */
  readonly sources: readonly string[];
  /** The option that chooses it. @default the defaults */
  readonly option?: string;
  /** The engine's own name of the type where every value was right, else what came instead. */
  readonly engines: { readonly [name in EngineName]?: string };
}

/** Reads every cell of the tables with an engine. */
export async function seenBy(engine: Engine, tables: readonly TypeTable[]): Promise<ReadonlyArray<readonly Finding[]>> {
  const findings: Array<readonly Finding[]> = [];
  for (const { inCloud, expected } of tables) findings.push(await compareCells(engine, inCloud, expected));
  return findings;
}

/** The findings of the engines' {@link seenBy} by type. */
export function byType(tables: readonly TypeTable[], seen: ReadonlyArray<ReadonlyArray<readonly Finding[]>>): SeenType[] {
  return tables.flatMap((table, at) => {
    const types = new Map<string, { readonly sources: Set<string>; readonly columns: Set<string> }>();
    for (const { name, sourceType, outputType } of table.manifest.columns) {
      const iceberg = anyDigits(icebergType(outputType, name));
      const column = name.toLowerCase();
      if (!(column in table.expected.columns) || column === table.expected.key) continue;
      if (!types.has(iceberg)) types.set(iceberg, { sources: new Set(), columns: new Set() });
      const { sources, columns } = types.get(iceberg)!;
      columns.add(column);
      if (!name.includes('__')) sources.add(sourceType.split('(')[0]);
    }
    return [...types].map(([iceberg, { sources, columns }]) => ({
      iceberg,
      sources: [...sources].sort(),
      ...(table.option !== undefined && { option: table.option }),
      engines: Object.fromEntries(seen.map((tablesOf) => {
        const findings = tablesOf[at].filter(({ column }) => columns.has(column));
        return [findings[0].engine, told(findings)];
      })),
    }));
  });
}

function told(findings: readonly Finding[]): string {
  const wrong = findings.find(({ outcome }) => outcome !== 'equal');
  if (wrong) return `${wrong.outcome}: ${wrong.detail}`;
  return [...new Set(findings.map(({ type }) => anyDigits(type!)))].sort().join(', ');
}

/** Of decimals precision and scale are the column's own everywhere. */
function anyDigits(type: string): string {
  return type.replace(/^(decimal)\(\d+, ?\d+\)$/i, '$1(p, s)');
}
