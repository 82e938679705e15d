/**
 * Bytes that Windows' code pages map to characters for private use, end-user-defined characters and bytes of no use among them,
 * and the controls that tables of other makers lack. SQL Server converts by these tables.
 *
 * Source: Unicode's copies of Microsoft's tables, MAPPINGS/VENDORS/MICSFT/WindowsBestFit/bestfit874.txt to bestfit1258.txt. The
 * tests hold a digest of each whole table.
 */

/** Codes that follow one another, and the code point of the first. */
interface Run {
  readonly first: number;
  readonly last: number;
  readonly point: number;
}

type Range = readonly [first: number, last: number];

/** Code points that follow one another over ranges of codes. */
function runs(point: number, ranges: readonly Range[]): Run[] {
  let next = point;
  return ranges.map(([first, last]) => {
    const run = { first, last, point: next };
    next += last - first + 1;
    return run;
  });
}

/** Codes of each lead byte with each trail byte. */
function grid([firstLead, lastLead]: Range, trails: readonly Range[]): Range[] {
  const leads = Array.from({ length: lastLead - firstLead + 1 }, (_, i) => firstLead + i << 8);
  return leads.flatMap((lead) => trails.map(([first, last]): Range => [lead | first, lead | last]));
}

const GB_TRAILS: readonly Range[] = [[0xa1, 0xfe]];
const BIG5_TRAILS: readonly Range[] = [[0x40, 0x7e], [0xa1, 0xfe]];

/** Cells of GB 2312 and GBK that have no character of their own, in order. */
const GBK_GAPS: readonly Range[] = [
  [0xa2ab, 0xa2b0], [0xa2e3, 0xa2e4], [0xa2ef, 0xa2f0], [0xa2fd, 0xa2fe], [0xa4f4, 0xa4fe], [0xa5f7, 0xa5fe], [0xa6b9, 0xa6c0],
  [0xa6d9, 0xa6df], [0xa6ec, 0xa6ed], [0xa6f3, 0xa6f3], [0xa6f6, 0xa6fe], [0xa7c2, 0xa7d0], [0xa7f2, 0xa7fe], [0xa896, 0xa8a0],
  [0xa8bc, 0xa8bc], [0xa8bf, 0xa8bf], [0xa8c1, 0xa8c4], [0xa8ea, 0xa8fe], [0xa958, 0xa958], [0xa95b, 0xa95b], [0xa95d, 0xa95f],
  [0xa989, 0xa995], [0xa997, 0xa9a3], [0xa9f0, 0xa9fe], [0xd7fa, 0xd7fe], [0xfe50, 0xfe7e], [0xfe80, 0xfea0],
];

/** By code page. */
const RUNS: { readonly [codePage: string]: readonly Run[] } = {
  CP874: runs(0xf8c1, [[0xdb, 0xde], [0xfc, 0xff]]),
  CP932: [
    ...runs(0x80, [[0x80, 0x80]]),
    ...runs(0xf8f0, [[0xa0, 0xa0], [0xfd, 0xff]]),
    ...runs(0xe000, grid([0xf0, 0xf9], [[0x40, 0x7e], [0x80, 0xfc]])),
  ],
  CP936: [
    ...runs(0xf8f5, [[0xff, 0xff]]),
    ...runs(0xe000, [...grid([0xaa, 0xaf], GB_TRAILS), ...grid([0xf8, 0xfe], GB_TRAILS), ...grid([0xa1, 0xa7], [[0x40, 0x7e], [0x80, 0xa0]])]),
    ...runs(0xe766, GBK_GAPS),
  ],
  CP949: [
    ...runs(0x80, [[0x80, 0x80]]),
    ...runs(0xf8f7, [[0xff, 0xff]]),
    ...runs(0xe000, [[0xc9a1, 0xc9fe], [0xfea1, 0xfefe]]),
  ],
  CP950: [
    ...runs(0x80, [[0x80, 0x80]]),
    ...runs(0xf8f8, [[0xff, 0xff]]),
    ...runs(0xe000, [...grid([0xfa, 0xfe], BIG5_TRAILS), ...grid([0x8e, 0xa0], BIG5_TRAILS)]),
    ...runs(0xeeb8, [...grid([0x81, 0x8d], BIG5_TRAILS), [0xc6a1, 0xc6fe], ...grid([0xc7, 0xc8], BIG5_TRAILS)]),
  ],
  CP1253: runs(0xf8f9, [[0xaa, 0xaa], [0xd2, 0xd2], [0xff, 0xff]]),
  CP1255: runs(0xf88d, [[0xd9, 0xdf], [0xfb, 0xfc], [0xff, 0xff]]),
  CP1257: runs(0xf8fc, [[0xa1, 0xa1], [0xa5, 0xa5]]),
};

/** Adds them to the code units of a code page. @param units by the code: a byte, or lead and trail byte */
export function addPrivateUse(codePage: string, units: Uint16Array): void {
  for (const { first, last, point } of RUNS[codePage] ?? []) {
    for (let code = first; code <= last; code++) units[code] = point + code - first;
  }
}
