/**
 * @param missing why Trino cannot be started here, as `whyMissing` says; undefined when it can
 * @throws Error with a line for the user
 */
export function requireTrino(missing: string | undefined): void {
  if (missing === undefined) return;
  throw new Error(`--trino needs Trino, which is not here: ${missing}; lines that begin with 'engines:' say what could not be installed`);
}
