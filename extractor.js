module.exports = require('./lib/extractor/public.js');
