import { Manifest, isManifestKey } from '../../../src/contract';
import { failedEvent, subjectOf } from '../../../src/handlers/replay/failure-message';
import { toObjectEvent } from '../../../src/handlers/shared/s3-events';
import { goOnEvent, goOnRequest } from '../../../src/handlers/tables/go-on';
import { landedTablesSettings } from '../../../src/handlers/tables/landed-settings';

const landed = { manifest: { runId: 'r1' } as Manifest, bucket: 'b', key: 'lake ä/_runs/run=r1/_manifest.json', versionId: 'null', eTag: 'e' };

test('the event to go on tells what is left, and of the manifest to whoever knows events of S3 alone', () => {
  const event = goOnEvent({ ...landed, runId: landed.manifest.runId }, { runState: 'COMPLETE' }, '2026-01-01T00:00:00.000Z') as { Records: unknown[] };
  expect(goOnRequest(JSON.parse(JSON.stringify(event)))).toEqual({
    bucket: 'b', key: landed.key, runId: 'r1', manifestETag: 'e', runState: 'COMPLETE', since: '2026-01-01T00:00:00.000Z',
  });
  const told = toObjectEvent(event.Records[0])!;
  expect([told.kind, told.key, isManifestKey(told.key)]).toEqual(['created', landed.key, true]);
  const message = { requestContext: { functionArn: 'arn:aws:lambda:eu-west-1:1:function:completion' }, requestPayload: event };
  const failed = failedEvent(JSON.stringify(message))!;
  expect([failed.functionName, goOnRequest(failed.payload)?.runId, subjectOf(failed.payload)]).toEqual(['completion', 'r1', encodeURIComponent(landed.key)]);
});

test.each([undefined, 'text', {}, { Records: [] }, { landedTables: { runId: 'r1' }, Records: [] }])('%j asks for nothing like that', (event) => {
  expect(goOnRequest(event)).toBeUndefined();
});

test('settings of tables are those of the environment; Hive where there are none', () => {
  expect(landedTablesSettings('')).toEqual({ kind: 'hive' });
  expect(landedTablesSettings('{"kind":"iceberg","keepForDays":3}')).toEqual({ kind: 'iceberg', keepForDays: 3 });
  for (const wrong of ['{', 'null', '{"kind":"delta"}']) expect(() => landedTablesSettings(wrong)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
});
