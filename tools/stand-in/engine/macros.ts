import { EPOCH_TICKS, TICKS_PER_DAY } from '../sql/types';

const D = TICKS_PER_DAY;

/** Characters of ASCII, and their forms of full width; the quote is left out. */
const HALF_WIDTH = Array.from({ length: 94 }, (_, at) => String.fromCharCode(0x21 + at)).filter((each) => each !== "'").join('');
const FULL_WIDTH = [...HALF_WIDTH].map((each) => String.fromCharCode(each.charCodeAt(0) + 0xfee0)).join('');

/** DuckDB macros for what its own SQL can say, so that no row leaves the engine for them. */
export const MACROS: readonly string[] = [
  "fold_case(x) AS rtrim(lower(x), ' ')",
  `fold_width(x) AS translate(x, '${FULL_WIDTH}', '${HALF_WIDTH}')`,
  "trim_zeros(x) AS unhex(regexp_replace(hex(x), '(00)+$', ''))",
  `date_to_ticks(d) AS CAST(date_diff('day', DATE '0001-01-01', d) AS BIGINT) * ${D}`,
  `ticks_to_date(t) AS DATE '0001-01-01' + CAST(t // ${D} AS INTEGER)`,
  'offset_minutes(x) AS CAST(x % 2048 - 1024 AS INTEGER)',
  'offset_local(x) AS CAST(x // 2048 + (x % 2048 - 1024) * 600000000 AS BIGINT)',
  'ticks_to_offset(t, minutes) AS (CAST(t AS HUGEINT) - CAST(minutes AS HUGEINT) * 600000000) * 2048 + (minutes + 1024)',
  // datetime counts 1/300 s.
  `round_datetime(t) AS (t // ${D}) * ${D} + (((((t % ${D}) * 3 + 50000) // 100000) * 200000 + 3) // 6)`,
  `now_ticks() AS CAST(epoch_us(current_timestamp) * 10 + ${EPOCH_TICKS} AS BIGINT)`,
  'fit_text(x, n) AS left(x, n)',
  "variant_text(x) AS substr(x, strpos(x, '|') + 1)",
  'uuid_to_bytes(u) AS uuid_text_to_bytes(CAST(u AS VARCHAR))',
  'bytes_to_uuid(b) AS CAST(bytes_to_uuid_text(b) AS UUID)',
  `text_to_uuid(x) AS CASE WHEN x IS NULL THEN NULL ELSE coalesce(TRY_CAST(trim(left(trim(x), 38), '{}') AS UUID),
    error('8169|Conversion failed when converting from a character string to uniqueidentifier.')) END`,
  // SQL Server compares the last group first (System.Data.SqlTypes.SqlGuid documents the order).
  `uuid_order(u) AS substr(CAST(u AS VARCHAR), 25) || substr(CAST(u AS VARCHAR), 20, 4)
    || substr(CAST(u AS VARCHAR), 17, 2) || substr(CAST(u AS VARCHAR), 15, 2)
    || substr(CAST(u AS VARCHAR), 12, 2) || substr(CAST(u AS VARCHAR), 10, 2)
    || substr(CAST(u AS VARCHAR), 7, 2) || substr(CAST(u AS VARCHAR), 5, 2) || substr(CAST(u AS VARCHAR), 3, 2) || substr(CAST(u AS VARCHAR), 1, 2)`,
  `text_to_integer(x, wanted) AS CASE WHEN x IS NULL THEN NULL WHEN trim(x) = '' THEN 0
    WHEN regexp_full_match(trim(x), '[+-]?[0-9]+') THEN CAST(trim(x) AS HUGEINT)
    ELSE error('245|Conversion failed when converting the varchar value ''' || x || ''' to data type ' || wanted || '.') END`,
  'text_to_bit(x) AS CASE lower(trim(x)) WHEN \'true\' THEN true WHEN \'false\' THEN false ELSE text_to_integer(x, \'bit\') <> 0 END',
];
