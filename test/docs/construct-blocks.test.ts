import { createRequire } from 'node:module';
import path from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import { type CodeBlock, codeBlocks, markdownFiles, ROOT } from './markdown-files';
import * as library from '../../src/pipeline';

const fromRoot = createRequire(path.join(ROOT, 'package.json'));

/** Blocks that make constructs; that each of them compiles is tested beside the others. */
const blocks = markdownFiles()
  .filter(({ file }) => file === 'README.md' || file.startsWith('docs/'))
  .flatMap(codeBlocks)
  .filter(({ language, code }) => language === 'ts' && /const stack = new Stack\(/.test(code));

/** Runs a block as a user's app would run, and answers its stack. */
function run({ code }: CodeBlock): Stack {
  const { outputText } = transpileModule(code, { compilerOptions: { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022 } });
  const load = (name: string): unknown => (name === 'cdk-legacy-to-s3' ? library : fromRoot(name));
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  return (new Function('require', 'exports', `${outputText}\nreturn stack;`) as (load: unknown, exports: object) => Stack)(load, {});
}

test('there are such blocks', () => {
  expect(blocks.length).toBeGreaterThan(8);
});

test.each(blocks.map((block) => [`${block.file}:${block.line}`, block] as const))('%s synthesises', (_at, block) => {
  expect(Object.keys(Template.fromStack(run(block)).toJSON().Resources ?? {}).length).toBeGreaterThan(0);
});
