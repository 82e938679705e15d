/** The cells of JSON lines as text, null for null; numbers with all their digits. */
export function jsonRows(object: Buffer): (string | null)[][] {
  return object.toString('utf8').split('\n').slice(0, -1).map((line) => (
    Object.values(JSON.parse(numbersAsText(line)) as object).map((value) => (value === null ? null : String(value)))
  ));
}

/** Numbers as strings, so that reading them loses no digit; what looks like one inside a string stays. */
function numbersAsText(line: string): string {
  return line.replace(/"(?:[^"\\]|\\.)*"|-?\d[-+.eE\d]*/g, (token) => (token.startsWith('"') ? token : `"${token}"`));
}
