import path from 'node:path';
import { compileWithJar, isThere, pythonWithWheel, templateOf } from '../support/packages/language-packages';

const APPS = path.join(__dirname, 'languages');

let template: string;
beforeAll(() => { template = templateOf('Migration', process.execPath, '--import', 'tsx', path.join(APPS, 'app.ts')); });

/** What is not there is counted as skipped. */
const ifThere = (found: boolean) => (found ? test : test.skip);

test('the app of the comparison has two pipelines', () => {
  const { Resources } = JSON.parse(template) as { Resources: { [id: string]: { Type: string } } };
  const types = Object.values(Resources).map(({ Type }) => Type);
  expect(types.filter((type) => type === 'AWS::CloudWatch::Dashboard')).toHaveLength(2);
  expect(types).toContain('AWS::Events::Rule');
});

ifThere(isThere('python3', '-c', 'import venv'))('the built wheel installs, and a Python app synthesises the same template', () => {
  const python = pythonWithWheel(path.join(APPS, 'requirements.txt'));
  expect(templateOf('Migration', python, path.join(APPS, 'app.py'))).toBe(template);
  const example = templateOf('LegacyPython', python, path.join(__dirname, '..', '..', 'examples', 'python', 'app.py'));
  expect(example).toContain('"LedgerLandingPrefix"');
}, 480_000);

ifThere(isThere('mvn', '--version') && isThere('javac', '-version'))('a Java app compiles with the built jar and synthesises the same template', () => {
  const classPath = compileWithJar(path.join(APPS, 'Migration.java'));
  expect(templateOf('Migration', 'java', '-cp', classPath, 'Migration')).toBe(template);
}, 480_000);
