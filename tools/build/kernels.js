/**
 * Compiles the AssemblyScript of the kernels into a *.wasm.ts beside each, which is committed so that neither tests nor
 * bundles need the compiler. Tests compare the two, by `--print NAME`.
 */
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const extractor = path.resolve(__dirname, '..', '..', 'src', 'extractor');
/** By name: folder, and the pages (64 KiB) of its memory, which never grows; they take no memory before they are used. */
const KERNELS = {
  'crc64-kernel': { folder: 'landing/s3', pages: 2, features: [] },
  'row-kernel': { folder: 'rows/hash', pages: 20, features: [] },
  // One instance an encoder, whose memory is as large as its columns need.
  'parquet-kernel': { folder: 'rows/formats/parquet/kernel', features: ['--enable', 'simd', '--importMemory'] },
  'snappy-kernel': { folder: 'rows/formats/compression', pages: 3, features: [] },
  'verify-kernel': { folder: 'verify/kernel', pages: 0x1000, features: ['--enable', 'simd'] },
  'text-kernel': { folder: 'rows/text/kernel', pages: 20, features: ['--enable', 'simd'] },
};

async function compile(name) {
  const { default: asc } = await import('assemblyscript/asc');
  const { folder, pages, features } = KERNELS[name];
  let wasm;
  const { error, stderr } = await asc.main([
    `${folder}/${name}.ts`, '--outFile', `${name}.wasm`, '-O3', '--converge', '--noAssert', '--runtime', 'stub',
    ...(pages ? ['--initialMemory', String(pages)] : []), '--memoryBase', '512', '--disable', 'nontrapping-f2i,sign-extension', ...features,
  ], {
    readFile: (file) => {
      const source = path.join(extractor, file.replace(/\.ts$/, '.as'));
      return existsSync(source) ? readFileSync(source, 'utf8') : null;
    },
    writeFile: (file, content) => { if (file.endsWith('.wasm')) wasm = Buffer.from(content); },
    listFiles: () => [],
  });
  if (error || !wasm) throw new Error(`${name} does not compile: ${stderr?.toString() ?? error}`);
  return wasm;
}

function sourceOf(name, wasm) {
  const lines = wasm.toString('base64').match(/.{1,120}/g).map((line) => `  + '${line}'`);
  lines[0] = lines[0].replace('  + ', '  ');
  const constant = name.toUpperCase().replace('-', '_');
  return `/** Made of ${name}.as by \`node tools/build/kernels.js\`; WebAssembly in base64. */\nexport const ${constant} =\n${lines.join('\n')};\n`;
}

async function main() {
  const print = process.argv.indexOf('--print');
  if (print > 0) return console.log((await compile(process.argv[print + 1])).toString('base64'));
  for (const [name, { folder }] of Object.entries(KERNELS)) {
    const wasm = await compile(name);
    writeFileSync(path.join(extractor, folder, `${name}.wasm.ts`), sourceOf(name, wasm));
    console.error(`${name}: ${wasm.length} bytes`);
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
