const HEADER_BYTES = 8;
const MEMORY_SECTION = 5;

/**
 * A WebAssembly module that defines one memory, with more of it from the begin (WebAssembly Core, binary format of modules).
 *
 * A memory that grows detaches its ArrayBuffer, and from the first detached one on V8 looks at every access to any typed
 * array of the process whether it is detached, which costs a row a fifth more CPU.
 *
 * @param pages of 64 KiB; they take no memory before they are used
 */
export function withInitialMemory(module: Uint8Array, pages: number): Uint8Array {
  for (let at = HEADER_BYTES; at < module.length;) {
    const size = readLeb(module, at + 1);
    const end = size.end + size.value;
    if (module[at] === MEMORY_SECTION) {
      // One memory: flags, least pages, and most pages where the flags say so.
      const least = readLeb(module, size.end + 2);
      if (least.value >= pages) return module;
      const body = [module[size.end], module[size.end + 1], ...leb(pages), ...module.subarray(least.end, end)];
      return Buffer.concat([module.subarray(0, at), Buffer.from([MEMORY_SECTION, ...leb(body.length), ...body]), module.subarray(end)]);
    }
    at = end;
  }
  throw new Error('the module defines no memory');
}

/** Unsigned LEB128. */
function readLeb(bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return { value, end: at };
  }
}

function leb(value: number): number[] {
  return value < 0x80 ? [value] : [value & 0x7f | 0x80, ...leb(value >>> 7)];
}
