/** Bundles the dashboard's page: one script, one style sheet, one HTML file; nothing of it comes from elsewhere. */
const { copyFileSync, mkdirSync } = require('node:fs');
const path = require('node:path');
const esbuild = require('esbuild');

const root = path.resolve(__dirname, '..', '..');
const client = path.join('src', 'cli', 'dashboard', 'client');

/** @returns esbuild's metafile */
async function buildPage(outdir) {
  mkdirSync(outdir, { recursive: true });
  const { metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: [path.join(client, 'page.js'), path.join(client, 'page.css')],
    outdir,
    bundle: true,
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    minify: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  copyFileSync(path.join(root, client, 'index.html'), path.join(outdir, 'index.html'));
  return metafile;
}

module.exports = { buildPage };
