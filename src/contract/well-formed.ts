/** Replaces lone surrogates by U+FFFD, so that the string has a UTF-8 form. */
export function toWellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}
