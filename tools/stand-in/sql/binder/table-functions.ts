import { BIGINT, MAX, nvarchar } from '../types';
import { Bound, BoundQuery } from './bound';
import { convert, widen } from './conversions';

/** Functions of a FROM clause by name. */
export const TABLE_FUNCTIONS: { readonly [name: string]: ((args: Bound[]) => BoundQuery) | undefined } = {
  STRING_SPLIT: ([text, separator]) => ({
    sql: `SELECT unnest(string_split(${convert(text, nvarchar(MAX))}, ${separator.sql})) AS c1`,
    columns: [{ name: 'value', type: nvarchar(text.type.length ?? MAX), nullable: false }],
  }),
  GENERATE_SERIES: (args) => {
    const type = widen(args[0].type, args[1].type);
    return {
      sql: `SELECT ${convert({ sql: 'g.v', type: BIGINT, nullable: false }, type)} AS c1 FROM generate_series(${args.map((arg) => convert(arg, BIGINT)).join(', ')}) g(v)`,
      columns: [{ name: 'value', type, nullable: false }],
    };
  },
};
