/** `1 row`, `1,200 rows`. @param many where it is not `one` with an s */
export function counted(count: number | bigint, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${Number(count) === 1 ? one : many}`;
}
