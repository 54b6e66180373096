/**
 * Throw an error if VS Code would change a task's words: it replaces variables such as
 * `${env:HOME}` in tasks, and `${command:…}` by what a command returns.
 */
export function refuseVariables(words: readonly string[]): void {
  const found = words.find(hasVariable);
  if (found === undefined) return;
  throw new Error(`VS Code would replace "\${…}" in ${found}. Rename it to run it.`);
}

/** Whether VS Code would replace a part of a word in a task. */
export function hasVariable(text: string): boolean {
  return text.includes("${");
}
