module.exports = require('./lib/extractor/doors/public.js');
