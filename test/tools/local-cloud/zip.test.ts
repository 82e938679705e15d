import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { zipFolder } from '../../../tools/local-cloud/zip';

const PYTHON = path.resolve(__dirname, '..', '..', '..', '.venv', 'bin', 'python');

test('another program unpacks every file as it was', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'zip-'));
  mkdirSync(path.join(folder, 'in', 'ner'), { recursive: true });
  const files = { 'index.js': 'exports.x = 1;\n'.repeat(1000), 'in/ner/ä.txt': 'ünï', 'empty': '' };
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
  const archive = path.join(mkdtempSync(path.join(tmpdir(), 'zip-out-')), 'a.zip');
  writeFileSync(archive, zipFolder(folder));
  const out = mkdtempSync(path.join(tmpdir(), 'unzip-'));
  execFileSync(PYTHON, ['-c', 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; z.extractall(sys.argv[2])', archive, out]);
  for (const [name, content] of Object.entries(files)) expect(readFileSync(path.join(out, name), 'utf8')).toBe(content);
});

test('equal folders give equal archives', () => {
  const make = () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'zip-'));
    writeFileSync(path.join(folder, 'a'), 'a');
    return zipFolder(folder);
  };
  expect(make().equals(make())).toBe(true);
});
