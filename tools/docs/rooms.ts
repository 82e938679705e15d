/** Writes the picture of the rooms and the table of docs/architecture.md: `npx tsx tools/docs/rooms.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { importsIn, ROOT, roomOf } from '../rooms/imports';
import { ROOMS } from '../rooms/table';

export const ROOMS_PICTURE = path.join(ROOT, 'docs', 'images', 'rooms.svg');
export const ARCHITECTURE_PAGE = path.join(ROOT, 'docs', 'architecture.md');

/** `root` is what the files at the world's root are. */
const WORLDS = [
  { name: 'cli', root: 'program', title: 'cli: in a terminal', fill: '#fff8c5' },
  { name: 'extractor', root: 'engine', title: 'extractor: beside the database', fill: '#ddf4ff' },
  { name: 'pipeline', root: 'LegacyToS3Pipeline', title: 'pipeline: when an app is synthesised', fill: '#dafbe1' },
  { name: 'iceberg', root: 'iceberg', title: 'iceberg: landed tables, for handlers and cli', fill: '#ffefe7' },
  { name: 'handlers', root: 'entries', title: 'handlers: in AWS Lambda', fill: '#fbefff' },
];

type Arrows = ReadonlyMap<string, ReadonlySet<string>>;

/** From the imports themselves, not from what the table allows. */
function arrowsBetweenRooms(): Arrows {
  const arrows = new Map(ROOMS.map(({ name }) => [name, new Set<string>()]));
  for (const { from, to } of importsIn(['src'])) {
    const [here, there] = [roomOf(from)!.name, roomOf(to)!.name];
    // Arrows that run back are for the check to tell.
    if (rank(there) < rank(here)) arrows.get(here)!.add(there);
  }
  return arrows;
}

function rank(room: string): number {
  return ROOMS.findIndex(({ name }) => name === room);
}

/** Arrows that no longer way says already; with all of them the picture would be a net. */
function withoutShortCuts(arrows: Arrows): Arrows {
  const reached = (from: string): Set<string> => new Set([...arrows.get(from)!].flatMap((next) => [next, ...reached(next)]));
  return new Map([...arrows].map(([from, direct]) => {
    const further = new Set([...direct].flatMap((next) => [...reached(next)]));
    return [from, new Set([...direct].filter((next) => !further.has(next)))];
  }));
}

function dotOf(arrows: Arrows): string {
  const node = (name: string, label: string) => `${JSON.stringify(name)} [label=${JSON.stringify(label)}];`;
  const clusters = WORLDS.map(({ name: world, root, title, fill }) => {
    const rooms = ROOMS.filter(({ name }) => name === world || name.startsWith(`${world}/`));
    const nodes = rooms.map(({ name }) => node(name, name === world ? root : name.slice(world.length + 1)));
    return `subgraph ${JSON.stringify(`cluster_${world}`)} { label=${JSON.stringify(title)}; fillcolor="${fill}"; ${nodes.join(' ')} }`;
  });
  const edges = [...arrows].flatMap(([from, all]) => [...all].map((to) => `${JSON.stringify(from)} -> ${JSON.stringify(to)};`));
  return `digraph rooms {
    rankdir=TB; nodesep=0.18; ranksep=0.38; bgcolor="white"; fontname="Helvetica"; style="rounded,filled"; color="#d0d7de"; fontsize=13; fontcolor="#57606a";
    node [shape=box, style="rounded,filled", fillcolor="white", color="#57606a", fontname="Helvetica", fontsize=12, fontcolor="#1f2328", height=0.32, margin="0.16,0.04"];
    edge [color="#57606a", arrowsize=0.6, penwidth=0.8];
    ${clusters.join('\n')}
    contract [label="contract"]; "." [label="index"];
    ${edges.join('\n')}
  }`;
}

/** The picture, an SVG document. */
export async function roomsPicture(): Promise<string> {
  // Its types are those of an ES module; what is required is its CommonJS build.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { instance } = require('@viz-js/viz') as typeof import('@viz-js/viz', { with: { 'resolution-mode': 'import' } });
  const viz = await instance();
  const svg = viz.renderString(dotOf(withoutShortCuts(arrowsBetweenRooms())), { format: 'svg' });
  // What else the title of the document says is the version of graphviz.
  return svg.replace(/<!--[\s\S]*?-->\n?/g, '').replace('<title>rooms</title>', '<title>Rooms of src/, and what each imports</title>').trimEnd() + '\n';
}

const BEGIN = '<!-- rooms: made by npx tsx tools/docs/rooms.ts -->';
const END = '<!-- /rooms -->';

/** docs/architecture.md with the table as tools/rooms/table.ts has it. */
export function architecturePage(page: string): string {
  const [from, to] = [page.indexOf(BEGIN) + BEGIN.length, page.indexOf(END)];
  const lines = ROOMS.map(({ name, does, mayImport }) => `| \`${name}\` | ${does} | ${mayImport.map(short(name)).join(', ')} |`);
  return `${page.slice(0, from)}\n\n| room | does | may import |\n|---|---|---|\n${lines.join('\n')}\n\n${page.slice(to)}`;
}

/** Rooms of the same world without its name. */
function short(name: string): (other: string) => string {
  const [world] = name.split('/');
  return (other) => other === world ? '(its root)' : other.startsWith(`${world}/`) ? other.slice(world.length + 1) : other;
}

async function main(): Promise<void> {
  writeFileSync(ROOMS_PICTURE, await roomsPicture());
  writeFileSync(ARCHITECTURE_PAGE, architecturePage(readFileSync(ARCHITECTURE_PAGE, 'utf8')));
}

if (require.main === module) {
  main().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
