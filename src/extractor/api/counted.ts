/** `1 row`, `1,200 rows`, for people. @param one the noun, which takes an s */
export function counted(count: number | bigint, one: string): string {
  return `${count.toLocaleString('en-US')} ${nounOf(count, one)}`;
}

/** The same with plain digits, `1200 rows`, for what programs read too. */
export function plainCount(count: number | bigint, one: string): string {
  return `${count} ${nounOf(count, one)}`;
}

function nounOf(count: number | bigint, one: string): string {
  return Number(count) === 1 ? one : `${one}s`;
}
