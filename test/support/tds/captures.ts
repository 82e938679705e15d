import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { unpacketize } from '../../../tools/replay-server/tds-packets';

/** Recorded responses of a TDS server written by others; see the README beside them. */
const FOLDER = process.env.TDS_CAPTURES ?? join(__dirname, '../../fixtures/tds-captures');

/** The packets as they were received. */
export function capturePackets(name: string): Buffer {
  return readFileSync(join(FOLDER, `${name}.tds`));
}

/** The payload without packet headers. */
export function capturePayload(name: string): Buffer {
  return unpacketize(capturePackets(name));
}

/** Header and rows of the true values; NULL is null. */
export function expectedRows(name: string): { readonly header: string[]; readonly rows: (string | null)[][] } {
  const path = join(FOLDER, `${name}.expected.csv`);
  // The large ones are compressed.
  const text = existsSync(path) ? readFileSync(path) : gunzipSync(readFileSync(`${path}.gz`));
  const [header, ...rows] = parseCsv(text.toString('utf8'), '<NULL>');
  return { header: header as string[], rows };
}

/** RFC 4180, strictly; an unquoted field equal to `nullText` is null. */
export function parseCsv(text: string, nullText = ''): (string | null)[][] {
  const rows: (string | null)[][] = [];
  let row: (string | null)[] = [];
  let at = 0;
  while (at < text.length) {
    let field: string | null;
    if (text[at] === '"') {
      field = '';
      for (at++; ; at++) {
        if (at >= text.length) throw new Error('a quote is not closed');
        if (text[at] !== '"') field += text[at];
        else if (text[at + 1] === '"') field += text[at++];
        else break;
      }
      at++;
    } else {
      const end = /[,\r\n]/g;
      end.lastIndex = at;
      const stop = end.exec(text)?.index ?? text.length;
      field = text.slice(at, stop);
      if (field.includes('"')) throw new Error(`a quote inside an unquoted field: ${field}`);
      if (field === nullText) field = null;
      at = stop;
    }
    row.push(field);
    if (text[at] === ',') {
      at++;
      continue;
    }
    if (text[at] === '\r') at++;
    if (at < text.length && text[at] !== '\n') throw new Error(`text behind a quoted field at ${at}`);
    at++;
    rows.push(row);
    row = [];
  }
  return rows;
}
