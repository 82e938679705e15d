import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { anchors, markdownFiles, prose, ROOT } from './markdown-files';

const files = markdownFiles();

/** Targets of the links and pictures of a text that lie in the repository. */
function internalLinks(text: string): string[] {
  return [...prose(text).matchAll(/\]\(([^()\s]+)\)/g)].map(([, target]) => target).filter((target) => !/^(https?|mailto):/.test(target));
}

test('the files are found', () => {
  expect(files.map(({ file }) => file)).toEqual(expect.arrayContaining(['README.md', 'CHANGELOG.md', 'docs/architecture.md', 'examples/README.md']));
});

test.each(files.map(({ file, text }) => [file, text]))('every internal link of %s leads somewhere', (file, text) => {
  const broken = internalLinks(text).filter((target) => {
    const [to, anchor] = target.split('#');
    const found = to === '' ? path.join(ROOT, file) : path.resolve(ROOT, path.dirname(file), decodeURIComponent(to));
    if (!found.startsWith(ROOT) || !existsSync(found)) return true;
    return anchor !== undefined && !(statSync(found).isFile() && anchors(readFileSync(found, 'utf8')).has(anchor));
  });
  expect(broken).toEqual([]);
});

test('every page of docs can be reached from the README', () => {
  const text = files.find(({ file }) => file === 'README.md')!.text;
  const linked = new Set(internalLinks(text).map((target) => target.split('#')[0]));
  const pages = files.map(({ file }) => file).filter((file) => file.startsWith('docs/'));
  expect(pages.filter((file) => !linked.has(file))).toEqual([]);
});
