import * as fc from 'fast-check';
import { FilterPatternError, parseFilterPattern } from '../../../tools/local-cloud/observer/filter-pattern/filter-pattern';

const matches = (pattern: string, message: unknown) =>
  parseFilterPattern(pattern).match(typeof message === 'string' ? message : JSON.stringify(message)) !== undefined;

/** Examples of the CloudWatch Logs User Guide, "Filter pattern syntax". */
describe('documented examples: terms', () => {
  test.each([
    ['ERROR', '[ERROR 400] BAD REQUEST', true],
    ['ERROR', '[ERROR] A fatal exception has occurred', true],
    ['ERROR', 'Exiting with ERRORCODE: -1', true],
    ['ERROR', 'error in lower case', false],
    ['"ERROR" - "Exiting"', 'Exiting with ERRORCODE: -1', false],
    ['"ERROR" - "Exiting"', '[ERROR] A fatal exception has occurred', true],
    ['ERROR Exception', '[ERROR] Caught IllegalArgumentException', true],
    ['ERROR Exception', '[ERROR] Unhandled Exception', true],
    ['ERROR Exception', '[ERROR] no such thing', false],
    ['Failed to process the request', '[WARN] Failed to process the request', true],
    ['Failed to process the request', '[ERROR] Unable to continue: Failed to process the request', true],
    ['"INTERNAL SERVER ERROR"', '[ERROR 500] INTERNAL SERVER ERROR', true],
    ['"INTERNAL SERVER ERROR"', 'INTERNAL ERROR OF SERVER', false],
    ['ERROR', 'ERROR WARN message', true],
    ['ERROR', 'ERROR message', true],
    ['ERROR', 'WARN message', false],
    ['?ERROR ?WARN', 'ERROR WARN message', true],
    ['?ERROR ?WARN', 'ERROR message', true],
    ['?ERROR ?WARN', 'WARN message', true],
    ['?ERROR ?WARN', 'INFO message', false],
    ['ERROR WARN', 'ERROR WARN message', true],
    ['ERROR WARN', 'ERROR message', false],
    ['ERROR -WARN', 'ERROR message', true],
    ['ERROR -WARN', 'ERROR WARN message', false],
    ['%AUTHORIZED%', '[ERROR 401] UNAUTHORIZED REQUEST', true],
    ['%AUTHORIZED%', '[SUCCESS 200] AUTHORIZED REQUEST', true],
    ['%colou?r%', 'a color', true],
    ['%colou?r%', 'a colon', false],
    ['', 'anything', true],
  ])('%s on %s is %s', (pattern, message, expected) => {
    expect(matches(pattern, message)).toBe(expected);
  });
});

describe('documented examples: JSON', () => {
  const trail = {
    eventType: 'UpdateTrail',
    sourceIPAddress: '111.111.111.111',
    arrayKey: ['value', 'another value'],
    objectList: [{ name: 'a', id: 1 }, { name: 'b', id: 2 }],
    SomeObject: null,
    ThisFlag: true,
  };
  const people = {
    user: { id: 1, email: 'John.Stiles@example.com' },
    users: [{ id: 2, email: 'John.Doe@example.com' }, { id: 3, email: 'Jane.Doe@example.com' }],
    actions: ['GET', 'PUT', 'DELETE'],
    coordinates: [[0, 1, 2], [4, 5, 6], [7, 8, 9]],
  };
  test.each([
    ['{ $.eventType = "UpdateTrail" }', trail, true],
    ['{ $.eventType = "DeleteTrail" }', trail, false],
    ['{ $.sourceIPAddress != 123.123.* }', trail, true],
    ['{ $.sourceIPAddress != 111.111.* }', trail, false],
    ['{ $.arrayKey[0] = "value" }', trail, true],
    ['{ $.arrayKey[1] = "value" }', trail, false],
    ['{ $.objectList[1].id = 2 }', trail, true],
    ['{ $.objectList[0].id = 2 }', trail, false],
    ['{ $.SomeObject IS NULL }', trail, true],
    ['{ $.ThisFlag IS NULL }', trail, false],
    ['{ $.SomeOtherObject IS NULL }', trail, false],
    ['{ $.SomeOtherObject NOT EXISTS }', trail, true],
    ['{ $.SomeObject NOT EXISTS }', trail, false],
    ['{ $.ThisFlag IS TRUE }', trail, true],
    ['{ $.ThisFlag IS FALSE }', trail, false],
    ['{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', people, true],
    ['{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', people, false],
    ['{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch && $.actions[2] = nomatch }', people, true],
    ['{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch) && $.actions[2] = nomatch }', people, false],
    ['{ $.users = 1 }', { users: [1, 2, 3] }, false],
    ['{ $.users != 1 }', { users: [1, 2, 3] }, false],
    ['{ $.latency >= 500 }', { latency: 500 }, true],
    ['{ $.latency >= 500 }', { latency: 499.9 }, false],
    ['{ $.numbers[0] < 10e3 }', { numbers: [9999] }, true],
    ['{ $.numbers[0] < 10e-3 }', { numbers: [0.5] }, false],
    ['{ $.processes[4].averageRuntime <= 55.5 }', { processes: [{}, {}, {}, {}, { averageRuntime: 55.5 }] }, true],
    ['{ $.errorCode = 400 }', { errorCode: 400 }, true],
    ['{ $.errorCode != 500 }', { errorCode: 500 }, false],
    ['{ $.latency > +1000 }', { latency: 1001 }, true],
    ['{$.foo = bar}', { foo: 'bar' }, true],
    ['{$.foo = bar || $.foo = baz }', { foo: 'baz' }, true],
    ['{ $.name = *Event }', { name: 'PutEvent' }, true],
    ['{ $.name = Event* }', { name: 'EventId' }, true],
    ['{ $.name = Ev*ent }', { name: 'Event' }, false],
    ['{ $.name = Ev*ent }', { name: 'Ev*ent' }, true],
    ['{ $.latency = * }', { latency: 3 }, true],
    ['{ $.latency = * }', { other: 3 }, false],
    ['{ $.objectList[*].id = 2 }', trail, true],
    ['{ $.level = "ERROR" || $.level = "CRITICAL" }', { level: 'CRITICAL' }, true],
    ['{ $.level = "ERROR" }', 'level = ERROR', false],
  ])('%s on %j is %s', (pattern, message, expected) => {
    expect(matches(pattern, message)).toBe(expected);
  });

  test('a value is extracted by its selector', () => {
    const match = parseFilterPattern('{ $.latency = * }').match('{"latency": 12.5, "request": {"ids": ["a"]}}')!;
    expect(match.extract('$.latency')).toBe('12.5');
    expect(match.extract('$.request.ids[0]')).toBe('a');
    expect(match.extract('$.request')).toBeUndefined();
    expect(match.extract('$.missing')).toBeUndefined();
  });
});

describe('documented examples: space-delimited', () => {
  const found = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /apache_pb.gif HTTP/1.0" 200 1534';
  const failed = '127.0.0.1 - frank [10/Oct/2000:13:35:22 -0700] "GET /apache_pb.gif HTTP/1.0" 500 5324';
  const missing = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';
  test.each([
    ['[ip, user, username, timestamp, request, status_code, bytes]', found, true],
    ['[ip, user, username, timestamp, request, status_code]', found, false],
    ['[..., status_code, bytes]', found, true],
    ['[ip, user, ..., status_code, bytes]', found, true],
    ['[ip, user, ...]', found, true],
    ['[ip, user, username, timestamp, request, status_code, bytes > 2000]', found, false],
    ['[ip, user, username, timestamp, request, status_code, bytes > 2000]', failed, true],
    ['[ip, user, username, timestamp, request, status_code = 200, bytes]', found, true],
    ['[ip, user, username, timestamp, request, status_code = 4*, bytes]', missing, true],
    ['[ip, user, username, timestamp, request, status_code = 4*, bytes]', failed, false],
    ['[ip, user, username, timestamp, request = *html*, status_code = 4*, bytes]', missing, true],
    ['[ip, user, username, timestamp, request = *html*, status_code, bytes]', found, false],
    ['[ip, user, username, timestamp, request, status_code = 4* && status_code != 403, bytes]', missing, true],
    ['[w1=ERROR, w2]', 'ERROR message', true],
    ['[w1=ERROR, w2]', 'WARN message', false],
    ['[w1=ERROR || w1=WARN, w2]', 'WARN message', true],
  ])('%s on %s is %s', (pattern, message, expected) => {
    expect(matches(pattern, message)).toBe(expected);
  });

  test('columns are extracted by name and by number', () => {
    const match = parseFilterPattern('[..., request=*.html*, status_code=4*,]').match(missing)!;
    expect(match.extract('$status_code')).toBe('404');
    expect(match.extract('$request')).toBe('GET /index.html HTTP/1.0');
    expect(match.extract('$4')).toBe('10/Oct/2000:13:25:15 -0700');
    expect(match.extract('$3')).toBe('frank');
    expect(match.extract('$7')).toBe('1534');
  });
});

describe('refused patterns', () => {
  test.each([
    ['not.alphanumeric', 'a term of letters'],
    ['?ERROR WARN', 'no other terms'],
    ['{ level = "ERROR" }', 'a selector'],
    ['{ $.level "ERROR" }', 'an operator'],
    ['{ $.level = "ERROR"', '&&, || or }'],
    ['{ $.a > text }', 'a number'],
    ['[a, ..., b, ...]', 'one ellipsis'],
    ['[a, b', ', or ]'],
    // In the guide too, but what it means for the number of columns is not said.
    ['[ip, user, status_code = 4* && bytes > 1000]', "a condition on 'status_code'"],
  ])('%s', (pattern, expected) => {
    expect(() => parseFilterPattern(pattern)).toThrow(FilterPatternError);
    expect(() => parseFilterPattern(pattern)).toThrow(expected);
  });
});

test('a quoted term matches exactly the messages that contain it', () => {
  fc.assert(fc.property(fc.string({ minLength: 1 }), fc.string(), fc.string(), (term, before, after) => {
    const pattern = `"${term.replace(/[\\"]/g, '\\$&')}"`;
    expect(matches(pattern, before + term + after)).toBe(true);
    expect(matches(pattern, before)).toBe(before.includes(term));
  }));
});
