/** Jest transformer for packages that are ES modules only. */
const { transformSync } = require('esbuild');

module.exports = {
  process: (code) => ({ code: transformSync(code, { format: 'cjs', platform: 'node', target: 'node20' }).code }),
};
