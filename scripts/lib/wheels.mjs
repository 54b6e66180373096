// The Python half of the packages: the locked wheels of others, and our own wheel.
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

import { entriesIn, LOCKS } from "./locks.mjs";
import { ROOT, step, venv } from "./run.mjs";

/** The CPython versions with compiled modules, which are side by side under different names. */
export const PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14"];

/** The only package whose compiled modules ship. */
const COMPILED = /^pydantic-core==/;
const UNPACK =
  "import sys, zipfile\nfor wheel in sys.argv[2:]: zipfile.ZipFile(wheel).extractall(sys.argv[1])";

/** Condition of a requirement that only older Pythons need; the .vsix serves them too. */
const FOR_OLDER_PYTHONS = / ; python_full_version < '[\d.]+'/;

/**
 * Fetch the wheels of the shipped lock for a platform, whose hashes pip checks, unless they are in
 * the folder already. Resolves to their paths, sorted.
 */
export async function fetchWheels(folder, platforms) {
  const lock = fs.readFileSync(path.join(ROOT, LOCKS.shipped), "utf8");
  const wanted = JSON.stringify({ platforms, PYTHONS, lock: sha256(lock) });
  const stamp = path.join(folder, "complete.json");
  if (!fs.existsSync(stamp) || fs.readFileSync(stamp, "utf8") !== wanted) {
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder, { recursive: true });
    const entries = entriesIn(lock);
    const all = entries.map((entry) => entry.replace(FOR_OLDER_PYTHONS, ""));
    const compiled = entries.filter((entry) => COMPILED.test(entry));
    for (const [index, python] of PYTHONS.entries()) {
      const requirements = path.join(folder, "requirements.txt");
      fs.writeFileSync(requirements, (index === 0 ? all : compiled).join(""));
      await download(folder, requirements, python, platforms);
    }
    fs.writeFileSync(stamp, wanted);
  }
  const names = fs.readdirSync(folder).filter((name) => name.endsWith(".whl"));
  return names.sort().map((name) => path.join(folder, name));
}

function download(folder, requirements, python, platforms) {
  return step(`fetch what ships for Python ${python}`, venv("python"), [
    ...["-m", "pip", "--disable-pip-version-check", "--quiet", "download", "--dest", folder],
    ...["--no-deps", "--only-binary=:all:", "--require-hashes", "--requirement", requirements],
    ...["--implementation", "cp", "--python-version", python],
    ...platforms.flatMap((platform) => ["--platform", platform]),
  ]);
}

/** Build our wheel into a folder and resolve to its path. */
export async function buildWheel(folder, env) {
  for (const name of fs.existsSync(folder) ? fs.readdirSync(folder) : []) {
    if (name.endsWith(".whl")) fs.rmSync(path.join(folder, name));
  }
  const args = ["-m", "hatchling", "build", "--target", "wheel", "--directory", folder];
  await step("build the wheel", venv("python"), args, { env });
  const [name] = fs.readdirSync(folder).filter((file) => file.endsWith(".whl"));
  return path.join(folder, name);
}

/** Unpack wheels into a folder. */
export async function unpackWheels(folder, wheels) {
  fs.mkdirSync(folder, { recursive: true });
  await step("unpack the wheels", venv("python"), ["-I", "-c", UNPACK, folder, ...wheels]);
}

/** Remove the compiled modules of PyYAML, which fit one CPython; it works without them. */
export function dropCompiledYaml(folder) {
  fs.rmSync(path.join(folder, "_yaml"), { recursive: true });
  for (const name of fs.readdirSync(path.join(folder, "yaml"))) {
    if (/^_yaml\..*(so|pyd)$/.test(name)) fs.rmSync(path.join(folder, "yaml", name));
  }
}

/** A wheel's name and digest. */
export function described(wheel) {
  return { file: path.basename(wheel), sha256: sha256(fs.readFileSync(wheel)) };
}

function sha256(content) {
  return createHash("sha256").update(content).digest("hex");
}
