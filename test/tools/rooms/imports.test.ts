import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Import, importsIn, problemsOf, roomOf, unusedArrows } from '../../../tools/rooms/imports';
import { ROOMS } from '../../../tools/rooms/table';

const imports = (from: string, to: string, circle: readonly string[] = []): Import => ({ from, to, circle });

test.each([
  ['src/extractor/rows/text/kernel/text-kernel.ts', 'extractor/rows/text'],
  ['src/extractor/engine.ts', 'extractor'],
  ['src/index.ts', '.'],
  ['tools/rooms/table.ts', undefined],
])('%s is in %s', (file, name) => {
  expect(roomOf(file)?.name).toBe(name);
});

test('an import that the table does not have is told with what is allowed', () => {
  expect(problemsOf([imports('src/handlers/record/recorder.ts', 'src/handlers/replay/replay-request.ts')]))
    .toEqual([expect.stringMatching(/handlers\/record may import contract, handlers\/shared, not handlers\/replay/)]);
});

test('an import within a room, or of one that it may import, is none of its business', () => {
  expect(problemsOf([
    imports('src/handlers/record/recorder.ts', 'src/handlers/record/start-completion.ts'),
    imports('src/handlers/record/recorder.ts', 'src/contract/index.ts'),
  ])).toEqual([]);
});

test('src/ imports nothing outside', () => {
  expect(problemsOf([imports('src/cli/main.ts', 'tools/setup.js')])).toEqual(['src/cli/main.ts imports tools/setup.js, which is not below src/']);
});

test('every arrow of the table leads to a room above it', () => {
  expect(problemsOf([])).toEqual([]);
});

test('what the table allows and nothing needs is found', () => {
  expect(unusedArrows([])).toHaveLength(ROOMS.flatMap(({ mayImport }) => mayImport).length);
});

describe('dependency-cruiser', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'rooms-'));
    mkdirSync(path.join(folder, 'src'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (name: string, text: string) => writeFileSync(path.join(folder, 'src', name), text);

  test('finds a circle of types alone, and tells it once', () => {
    write('a.ts', "import type { B } from './b';\nexport type A = B | undefined;\n");
    write('b.ts', "import type { C } from './c';\nexport type B = C[];\n");
    write('c.ts', "import type { A } from './a';\nexport interface C { readonly a?: A }\n");
    expect(problemsOf(importsIn(['src'], folder))).toEqual(['circle: src/a.ts -> src/b.ts -> src/c.ts -> src/a.ts']);
  });

  test('finds none where there is none', () => {
    write('a.ts', "import type { B } from './b';\nexport type A = B;\n");
    write('b.ts', 'export type B = string;\n');
    expect(importsIn(['src'], folder)).toEqual([imports('src/a.ts', 'src/b.ts')]);
  });
});
