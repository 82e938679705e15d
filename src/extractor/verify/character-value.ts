import type { ManifestColumn } from '../../contract';
import { charset } from '../tds/code-page';

/** Makes the bytes that are hashed of a text: UTF-16, those of its code page, or UTF-8. */
export function characterEncoder({ codePage, name }: ManifestColumn): (text: string) => Buffer {
  if (codePage === undefined) return (text) => Buffer.from(text, 'utf16le');
  const set = charset(codePage);
  if (set.kind !== 'singleByte') return (text) => Buffer.from(text, 'utf8');
  const bytes = new Map<number, number>();
  set.units.forEach((unit, byte) => bytes.set(unit, byte));
  return (text) => {
    const out = Buffer.alloc(text.length);
    for (let i = 0; i < text.length; i++) {
      const byte = bytes.get(text.charCodeAt(i));
      if (byte === undefined) throw new RangeError(`column "${name}": the character ${JSON.stringify(text[i])} is not in ${codePage}, so the source cannot have sent it`);
      out[i] = byte;
    }
    return out;
  };
}
