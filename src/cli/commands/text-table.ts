/** Lines of columns as wide as their longest cell; numbers stand right. */
export function textTable(header: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const widths = header.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at].length)));
  const right = header.map((_, at) => rows.length > 0 && rows.every((row) => /^[\d,.]+( [kMGT]?B)?$/.test(row[at])));
  const line = (cells: readonly string[]) => cells.map((cell, at) => (right[at] ? cell.padStart(widths[at]) : cell.padEnd(widths[at]))).join('  ').trimEnd();
  return [header, ...rows].map((cells) => `${line(cells)}\n`).join('');
}
