/** The request of every client; the replay server knows of it the number of rows alone. */
export function selectSql(rows: number): string {
  return `select top ${rows} * from dbo.Transactions`;
}
