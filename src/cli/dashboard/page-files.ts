import { readFileSync } from 'node:fs';
import path from 'node:path';

/** A file of the page. */
export interface PageFile {
  readonly type: string;
  readonly content: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8', 'page.css': 'text/css; charset=utf-8', 'page.js': 'text/javascript; charset=utf-8',
};

/** The page's folder: beside the bundle, or where the build puts it when the sources run. */
const PAGE_FOLDER = __filename.endsWith('.ts') ? path.join(__dirname, '..', '..', '..', 'assets', 'dashboard', 'page') : path.join(__dirname, 'page');

/** Everything the page loads, by path; nothing else is served. */
export function readPageFiles(folder = PAGE_FOLDER): ReadonlyMap<string, PageFile> {
  return new Map(Object.entries(TYPES).map(([name, type]) => [
    name === 'index.html' ? '/' : `/${name}`, { type, content: readFileSync(path.join(folder, name)) },
  ]));
}
