import type { ExtractEvent } from '../../../src/extractor/doors/public';
import { isThrottled } from '../../../src/extractor/workers/source-throttles';

const retry = { database: 'Ledger', schema: 'dbo', table: 'Orders', chunk: 0, attempt: 1, delaySeconds: 1, code: 'SOURCE_QUERY_FAILED', message: 'busy' };
const readers = { type: 'readers-changed', readers: 4, of: 8, detail: '' } as const;

test.each<[boolean, string, ExtractEvent]>([
  [true, 'a chunk that Azure SQL Database throttles', { type: 'chunk-retry', ...retry, number: 10928 }],
  [true, 'a connection that it refuses', { type: 'connect-retry', attempt: 1, delaySeconds: 1, code: 'SOURCE_UNREACHABLE', message: 'busy', number: 40501 }],
  [true, 'a source that has become slow', { ...readers, reason: 'slow' }],
  [false, 'readers that pause for a throttle, which its retry tells', { ...readers, reason: 'throttled' }],
  [false, 'readers that come back', { ...readers, reason: 'restored' }],
  [false, 'a deadlock', { type: 'chunk-retry', ...retry, number: 1205 }],
  [false, 'a lost connection', { type: 'chunk-retry', ...retry, code: 'SOURCE_CONNECTION_LOST' }],
  [false, 'a warning', { type: 'warning', message: '10928' }],
])('%s: %s', (expected, _what, event) => {
  expect(isThrottled(event)).toBe(expected);
});
