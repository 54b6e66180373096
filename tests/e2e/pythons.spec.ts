import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { expect, test } from "@playwright/test";

import { PYTHONS } from "../../scripts/lib/wheels.mjs";
import { BUNDLED } from "../../scripts/package.mjs";

const run = promisify(execFile);
const INITIALIZE = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { processId: null, rootUri: null, capabilities: {} },
});

for (const version of PYTHONS) {
  test(`the server in the .vsix starts in Python ${version}`, async () => {
    const python = await findPython(version);
    test.skip(
      python === undefined,
      `Python ${version} is not installed: install it to test the bundled server with it`,
    );
    if (!python) return;
    const server = run(python, ["-m", "trainsmith", "lsp"], {
      cwd: BUNDLED,
      // Only the packages in the .vsix, and none that this Python has installed.
      env: { PYTHONPATH: BUNDLED, PYTHONNOUSERSITE: "1", PYTHONDONTWRITEBYTECODE: "1" },
    });
    server.child.stdin?.end(`Content-Length: ${INITIALIZE.length}\r\n\r\n${INITIALIZE}`);
    const { stdout } = await server.catch((error: unknown) => error as { stdout: string });
    expect(stdout).toContain('"hoverProvider"');
  });
}

/** Find a Python on the PATH or in pyenv's folder. */
async function findPython(version: string): Promise<string | undefined> {
  const versions = path.join(process.env.PYENV_ROOT ?? os.homedir(), "versions");
  const kept = fs.existsSync(versions) ? fs.readdirSync(versions) : [];
  const candidates = [
    `python${version}`,
    ...kept
      .filter((name) => name.startsWith(`${version}.`))
      .map((name) => path.join(versions, name, "bin", "python")),
  ];
  for (const candidate of candidates) {
    const works = await run(candidate, ["-c", ""]).then(
      () => true,
      () => false,
    );
    if (works) return candidate;
  }
  return undefined;
}
