import * as fs from "node:fs/promises";
import * as path from "node:path";

/**
 * Throw an error if VS Code would read or write something else than a file in this very folder.
 * Links to a file beside it are allowed.
 */
export async function requireOwnFile(file: string): Promise<void> {
  const target = await fs.realpath(file).catch(() => undefined);
  if (target === undefined) throw new Error(`${file} does not exist.`);
  const isBeside = path.dirname(target) === (await fs.realpath(path.dirname(file)));
  if (!isBeside) throw new Error(`${file} is a link to ${target}, in another folder.`);
  if (!(await fs.stat(target)).isFile()) throw new Error(`${file} is not a regular file.`);
}

/** Whether a path, which may not exist yet, is inside a folder even if links are followed. */
export async function isInside(folder: string, file: string): Promise<boolean> {
  const root = await fs.realpath(folder);
  const relative = path.relative(root, await realPathOf(file));
  return relative !== "" && relative.split(path.sep)[0] !== ".." && !path.isAbsolute(relative);
}

/** The path without links; what does not exist yet is added as it is. */
async function realPathOf(file: string): Promise<string> {
  const real = await fs.realpath(file).catch(() => undefined);
  const above = path.dirname(file);
  return real ?? (above === file ? file : path.join(await realPathOf(above), path.basename(file)));
}
