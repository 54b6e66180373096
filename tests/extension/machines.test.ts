import * as fs from "node:fs";
import * as path from "node:path";

import { expect, it } from "vitest";

import { isElsewhere } from "../../extension/src/shared/machines";

interface Cases {
  readonly home: string;
  readonly here: readonly string[];
  readonly elsewhere: readonly string[];
}

const FILE = path.join(import.meta.dirname, "..", "machines.json");
const CASES = JSON.parse(fs.readFileSync(FILE, "utf8")) as Record<"windows" | "posix", Cases>;

it.each(["windows", "posix"] as const)("recognises paths on other machines: %s", (system) => {
  const { home, here, elsewhere } = CASES[system];
  const windows = system === "windows";
  for (const file of elsewhere) {
    expect(isElsewhere(file, [home], windows), file).toBe(true);
    expect(isElsewhere(file, ["/project"], windows), file).toBe(true);
  }
  for (const file of here) expect(isElsewhere(file, ["/project", home], windows), file).toBe(false);
});
