import { LOG_KEYWORDS } from '../../contract';

const KEYWORDS = new RegExp(`%|${Object.values(LOG_KEYWORDS).join('|')}`, 'g');

/**
 * Percent-encodes the first letter of each keyword of the log metric filters, and `%`, so that a name somebody chose
 * (`Error-2024.csv`) raises no alarm from an INFO line. `decodeURIComponent` gives the name back.
 */
export function quietText(text: string): string {
  return text.replace(KEYWORDS, (match) => `%${match.charCodeAt(0).toString(16).toUpperCase()}${match.slice(1)}`);
}

/** {@link quietText} on every string of a flat record. */
export function quietFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? quietText(value) : value]));
}
