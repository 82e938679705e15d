import { counted } from '../../api/counted';

/** A value that cannot be landed exactly. The reader of the row adds subject, column and row number. */
export class ValueError extends Error {}

/** Bytes that do not follow the protocol. */
export class WireError extends Error {}

/** @throws WireError for a value whose length its type does not have */
export function badLength(length: number): never {
  throw new WireError(`a value of ${counted(length, 'byte')}, which its type does not have`);
}
