// `npm run setup:ttnn`: creates .venv-ttnn with ttnn for `tests/tenstorrent/`. ttnn has packages for
// Linux with Python 3.10 and 3.12 only, and needs NumPy 1, so it cannot be in .venv.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { Failure, main, ROOT, run, step } from "./lib/run.mjs";

const VERSIONS = ["3.12", "3.10"];
const FOLDER = path.join(ROOT, ".venv-ttnn");
const PYTHON = path.join(FOLDER, "bin", "python");

await main(async () => {
  if (process.platform !== "linux") throw new Failure("ttnn exists for Linux only");
  if (!fs.existsSync(PYTHON)) {
    const python = await findPython();
    await step(`create .venv-ttnn with ${python}`, python, ["-m", "venv", FOLDER]);
  }
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--quiet"];
  await step("install ttnn and this checkout; this takes minutes", PYTHON, [
    ...[...pip, "--only-binary=:all:", "--editable", `${ROOT}[ttnn]`],
  ]);
  console.log("Set up: .venv/bin/python -m pytest tests/tenstorrent");
});

/** A Python of one of the versions: TRAINSMITH_TTNN_BASE, on the PATH, or one of pyenv. */
async function findPython() {
  const named = process.env.TRAINSMITH_TTNN_BASE;
  const candidates = named ? [named] : [...VERSIONS.map((one) => `python${one}`), ...ofPyenv()];
  const question = "import sys; print('%d.%d' % sys.version_info[:2])";
  for (const program of candidates) {
    const answer = await run(program, ["-c", question]).catch(() => undefined);
    if (answer?.code === 0 && VERSIONS.includes(answer.output.trim())) return program;
  }
  throw new Failure(
    `ttnn needs Python ${VERSIONS.join(" or ")}, and none was found.\n` +
      "Install it, or set its path: TRAINSMITH_TTNN_BASE=/path/to/python3.12 npm run setup:ttnn",
  );
}

function ofPyenv() {
  const versions = path.join(
    process.env.PYENV_ROOT ?? path.join(os.homedir(), ".pyenv"),
    "versions",
  );
  if (!fs.existsSync(versions)) return [];
  return fs
    .readdirSync(versions)
    .filter((name) => VERSIONS.some((version) => name.startsWith(`${version}.`)))
    .map((name) => path.join(versions, name, "bin", "python"));
}
