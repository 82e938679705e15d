import type { ManifestColumn } from '../../../contract';
import { charset } from '../../rows/tds/code-page';

/** The bytes of a single-byte code page, by their UTF-16 unit. */
export function codePageBytes(codePage: string): ReadonlyMap<number, number> {
  const set = charset(codePage);
  const bytes = new Map<number, number>();
  if (set.kind === 'singleByte') set.units.forEach((unit, byte) => bytes.set(unit, byte));
  return bytes;
}

/** What a text is hashed as. */
export type CharacterForm = 'utf16' | 'codePage' | 'utf8';

export function characterForm({ codePage }: Pick<ManifestColumn, 'codePage'>): CharacterForm {
  if (codePage === undefined) return 'utf16';
  return charset(codePage).kind === 'singleByte' ? 'codePage' : 'utf8';
}

/** Makes the bytes that are hashed of a text: UTF-16, those of its code page, or UTF-8. */
export function characterEncoder(column: ManifestColumn): (text: string) => Buffer {
  const form = characterForm(column);
  if (form !== 'codePage') return (text) => Buffer.from(text, form === 'utf16' ? 'utf16le' : 'utf8');
  const { codePage, name } = column;
  const bytes = codePageBytes(codePage!);
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
