/**
 * Compiles src/extractor/hash/row-kernel.as into row-kernel.wasm.ts beside it, which is committed so that neither tests
 * nor bundles need the compiler. A test compares the two, by `--print`.
 */
const { readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const folder = path.resolve(__dirname, '..', '..', 'src', 'extractor', 'hash');
const output = path.join(folder, 'row-kernel.wasm.ts');

async function compile() {
  const { default: asc } = await import('assemblyscript/asc');
  const files = { 'row-kernel.ts': readFileSync(path.join(folder, 'row-kernel.as'), 'utf8') };
  let wasm;
  const { error, stderr } = await asc.main([
    'row-kernel.ts', '--outFile', 'row-kernel.wasm', '-O3', '--converge', '--noAssert', '--runtime', 'stub',
    '--initialMemory', '16', '--memoryBase', '512', '--disable', 'nontrapping-f2i,sign-extension',
  ], {
    readFile: (name) => files[name] ?? null,
    writeFile: (name, content) => { if (name.endsWith('.wasm')) wasm = Buffer.from(content); },
    listFiles: () => [],
  });
  if (error || !wasm) throw new Error(`the kernel does not compile: ${stderr?.toString() ?? error}`);
  return wasm;
}

function sourceOf(wasm) {
  const lines = wasm.toString('base64').match(/.{1,120}/g).map((line) => `  + '${line}'`);
  lines[0] = lines[0].replace('  + ', '  ');
  return `/** Made of row-kernel.as by \`node tools/build/row-kernel.js\`; WebAssembly in base64. */\nexport const ROW_KERNEL =\n${lines.join('\n')};\n`;
}

async function main() {
  const wasm = await compile();
  if (process.argv.includes('--print')) return console.log(wasm.toString('base64'));
  writeFileSync(output, sourceOf(wasm));
  console.error(`row-kernel: ${wasm.length} bytes`);
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
