import { TokenCursor } from './token-cursor';
import { declareType } from '../type-declaration';
import { MAX, SqlType } from '../types';

const TWO_WORD_TYPES: Record<string, string[]> = {
  DOUBLE: ['PRECISION'],
  CHARACTER: ['VARYING'],
  CHAR: ['VARYING'],
  NATIONAL: ['CHARACTER', 'CHAR'],
};

/** Data types as declared. */
export abstract class TypeParser extends TokenCursor {
  /** A type with its arguments, such as decimal(19,4) or sys.nvarchar(max). */
  protected typeName(defaultLength: number): SqlType {
    let name = this.next().text;
    if (this.accept('.')) {
      name = this.next().text;
    }
    while (TWO_WORD_TYPES[name.toUpperCase().split(' ').pop()!]?.includes(this.token.upper)) {
      name += ' ' + this.next().text;
    }
    const args = this.is('(')
      ? this.parenthesised(() => this.list(() => (this.accept('MAX') ? MAX : Number(this.next().text))))
      : [];
    const collation = this.accept('COLLATE') ? this.name() : undefined;
    return declareType(name, args, defaultLength, collation);
  }
}
