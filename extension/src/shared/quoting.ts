/** A word of a POSIX shell in which nothing is expanded. */
export function quotedForSh(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A word of a batch file. A path on Windows contains no quotes, but may contain `%`. */
export function quotedForCmd(word: string): string {
  return `"${word.replaceAll("%", "%%")}"`;
}
