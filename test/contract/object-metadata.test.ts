import * as fc from 'fast-check';
import { decodeMetadataValue, encodeMetadataValue, fromUserMetadata, toUserMetadata } from '../../src/contract';

test('fields become header names', () => {
  expect(toUserMetadata({ runId: 'r1', table: 'Kunden Größe', part: '0-0' }))
    .toEqual({ 'run-id': 'r1', 'table': 'Kunden Gr%C3%B6%C3%9Fe', 'part': '0-0' });
});

test('unknown headers are ignored and missing ones stay missing', () => {
  expect(fromUserMetadata({ 'run-id': 'r1', 'colour': 'red' })).toEqual({ runId: 'r1' });
  expect(fromUserMetadata(undefined)).toEqual({});
});

test('a value that is not percent-encoding is returned as it came', () => {
  expect(decodeMetadataValue('50% off')).toBe('50% off');
});

test('any value travels as printable ASCII without outer blanks, which HTTP would cut', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (value) => {
    const encoded = encodeMetadataValue(value);
    expect(encoded).toMatch(/^(|[!-~]|[!-~][ -~]*[!-~])$/);
    expect(decodeMetadataValue(encoded)).toBe(value);
  }));
});
