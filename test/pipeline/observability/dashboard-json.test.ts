import * as fs from 'fs';
import * as path from 'path';
import { PLACEHOLDERS, dashboardJson } from '../../../tools/dashboard-json/make-body';

const folder = path.join(__dirname, '..', '..', '..', 'examples');

test('the example is what the construct makes', () => {
  expect(fs.readFileSync(path.join(folder, 'dashboard.json'), 'utf8')).toBe(dashboardJson());
});

test('every placeholder is used, explained, and there is no other', () => {
  const used = new Set(dashboardJson().match(/\$\{[^}]*\}/g));
  expect(used).toEqual(new Set(Object.values(PLACEHOLDERS)));
  const readme = fs.readFileSync(path.join(folder, 'README.md'), 'utf8');
  for (const placeholder of used) expect(readme).toContain(`export ${placeholder.slice(2, -1)}=`);
});

test('it has no more widgets than CloudWatch takes', () => {
  const { widgets } = JSON.parse(dashboardJson());
  expect(widgets.length).toBeLessThanOrEqual(500);
});
