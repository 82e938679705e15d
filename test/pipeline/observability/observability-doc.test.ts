import * as fs from 'fs';
import * as path from 'path';
import { AlarmKind, FunctionAlarmKind } from '../../../src/pipeline';

const page = fs.readFileSync(path.join(__dirname, '..', '..', '..', 'docs', 'observability.md'), 'utf8');

test.each([['AlarmKind', AlarmKind], ['FunctionAlarmKind', FunctionAlarmKind]])('the page lists every %s, and no other', (name, kinds) => {
  const table = page.slice(page.indexOf(`| \`${name}\` |`)).split('\n\n')[0];
  const listed = table.split('\n').slice(2).flatMap((row) => [...row.split('|')[1].matchAll(/`(\w+)`/g)].map(([, kind]) => kind));
  expect(listed.sort()).toEqual(Object.values(kinds).sort());
});
