/** No import circles in src/ and tools/, and no arrow between rooms against the table: `npx tsx tools/rooms/check.ts`. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { importsIn, problemsOf, ROOT, unusedArrows } from './imports';

/** Files a folder of src/ may hold: a root that users read first, and any other. */
const MOST_FILES = { root: 8, folder: 16 };
const MOST_LINES = 300;
const ROOTS = ['extractor', 'pipeline', 'handlers', 'cli'];

/** Folders that hold too many files, and files that are too long; kernels, and what is made of them, excepted. */
function tooLarge(folder: string): string[] {
  const entries = readdirSync(path.join(ROOT, folder), { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name !== 'README.md').map(({ name }) => name);
  const most = ROOTS.includes(folder.slice('src/'.length)) ? MOST_FILES.root : MOST_FILES.folder;
  const long = files.filter((name) => !/\.as$|\.wasm\.ts$|-kernel\.ts$/.test(name)).map((name) => ({
    name, lines: readFileSync(path.join(ROOT, folder, name), 'utf8').split('\n').length - 1,
  })).filter(({ lines }) => lines > MOST_LINES);
  return [
    ...files.length > most && folder !== 'src/contract' ? [`${folder} holds ${files.length} files, more than ${most}`] : [],
    ...long.map(({ name, lines }) => `${folder}/${name} has ${lines} lines, more than ${MOST_LINES}`),
    ...entries.filter((entry) => entry.isDirectory()).flatMap(({ name }) => tooLarge(`${folder}/${name}`)),
  ];
}

const imports = importsIn(['src', 'tools']);
const problems = [
  ...problemsOf(imports),
  ...unusedArrows(imports).map((arrow) => `tools/rooms/table.ts allows ${arrow}, which nothing needs`),
  ...tooLarge('src'),
];
for (const problem of problems) console.error(problem);
console.log(`rooms: ${imports.length} imports, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
