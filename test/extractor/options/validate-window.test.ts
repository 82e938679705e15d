import { WINDOW_DAYS } from '../../../src/contract';
import { validateWindow } from '../../../src/extractor/options/validate-window';

const RIGHT = { from: '22:00', to: '05:30', timeZone: 'Europe/Berlin' };

test.each<[string, unknown]>([
  ['none', undefined],
  ['over midnight', RIGHT],
  ['by day', { ...RIGHT, from: '00:00', to: '24:00' }],
  ['of some days', { ...RIGHT, days: ['SAT', 'SUN'] }],
  ['without summer time', { ...RIGHT, timeZone: 'UTC' }],
])('a window %s passes', (_name, window) => {
  expect(() => validateWindow(window, WINDOW_DAYS)).not.toThrow();
});

test.each<[string, unknown, RegExp]>([
  ['a text', '22:00-05:30', /^window must be an object of from, to, timeZone and days, got "22:00-05:30"$/],
  ['a list', [RIGHT], /^window must be an object/],
  ['a misspelt name', { ...RIGHT, till: '05:30' }, /^window has 'till'; it may have from, to, timeZone and days$/],
  ['no begin', { ...RIGHT, from: undefined }, /^window\.from must be a time from 00:00 to 23:59, got nothing$/],
  ['the end of a day for a begin', { ...RIGHT, from: '24:00' }, /^window\.from must be a time from 00:00 to 23:59, got "24:00"$/],
  ['an hour of one digit', { ...RIGHT, to: '5:30' }, /^window\.to must be a time from 00:00 to 24:00, got "5:30"$/],
  ['seconds', { ...RIGHT, to: '05:30:00' }, /^window\.to/],
  ['minute 60', { ...RIGHT, to: '05:60' }, /^window\.to/],
  ['no length', { ...RIGHT, to: '22:00' }, /^window\.from and window\.to must not be the same, got "22:00": a whole day is from 00:00 to 24:00$/],
  ['no zone', { ...RIGHT, timeZone: undefined }, /^window\.timeZone must be a name of the IANA database of time zones, as 'Europe\/Berlin', got nothing$/],
  ['a zone that is none', { ...RIGHT, timeZone: 'Europe/Bonn' }, /^window\.timeZone .*, got "Europe\/Bonn"$/],
  ['an offset', { ...RIGHT, timeZone: '+01:00' }, /^window\.timeZone .*, got "\+01:00"$/],
  ['no days', { ...RIGHT, days: [] }, /^window\.days is an empty list: leave it out to begin on each day$/],
  ['a day that is none', { ...RIGHT, days: ['MON', 'Sunday'] }, /^window\.days may have MON, TUE, WED, THU, FRI, SAT, SUN, got "Sunday"$/],
  ['a day alone', { ...RIGHT, days: 'MON' }, /^window\.days must be a list of days \(MON, .*\), got "MON"$/],
])('%s is refused by its name', (_name, window, message) => {
  expect(() => validateWindow(window, WINDOW_DAYS)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.stringMatching(message) }));
});
