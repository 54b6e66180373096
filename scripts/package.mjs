// `npm run package`: builds the .vsix for this platform. It contains the server and the trainer:
// our Python packages and the server's dependencies, so that any Python 3.10 or newer can run it.
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { bin, Failure, main, ROOT, step, venv } from "./lib/run.mjs";
import { setup } from "./setup.mjs";

/** The folder with exactly the content of the .vsix. */
const STAGE = path.join(ROOT, "dist", "package");
export const BUNDLED = path.join(STAGE, "bundled");
const COPIED = ["package.json", "CHANGELOG.md", "LICENSE", "walkthroughs"];
/** The sample workspace, whose files the lessons' recipes name. */
const SAMPLE = path.join("examples", "shakespeare");
/** Files in the copied folders that running things leaves behind. */
const LEFT_OUT = new Set(["__pycache__", "checkpoints", "experiments.md"]);
/** The extension's page in galleries, which show no files from the repository. */
const PAGE = path.join("extension", "README.md");
/** Left out: type stubs. */
const IGNORED = "bundled/**/*.pyi\n";
const MEDIA = path.join("extension", "media");
const REFERENCE = path.join("docs", "reference");
const PACKAGES = [
  "cli/trainsmith",
  "schemas/trainsmith_schemas",
  "server/trainsmith_server",
  "system/trainsmith_system",
  "trainer/trainsmith_trainer",
];

/** The CPython versions with compiled modules, which are side by side under different names. */
export const PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14"];

/** Packages that only Python 3.10 needs; pip leaves them out when it runs in a newer version. */
const BACKPORTS = ["exceptiongroup"];

/** VS Code's name of a platform → the platform tag of wheels. */
const WHEELS = {
  "linux-x64": "manylinux_2_17_x86_64",
  "linux-arm64": "manylinux_2_17_aarch64",
  "darwin-x64": "macosx_10_12_x86_64",
  "darwin-arm64": "macosx_11_0_arm64",
  "win32-x64": "win_amd64",
};

/** Build everything and resolve to the path of the .vsix. */
export async function packageExtension() {
  const target = `${process.platform}-${process.arch}`;
  if (!(target in WHEELS)) throw new Failure(`Packaging for ${target} is not supported.`);
  for (const name of [...COPIED, SAMPLE, MEDIA])
    copy(path.join(ROOT, name), path.join(STAGE, name));
  copy(path.join(ROOT, PAGE), path.join(STAGE, "README.md"));
  fs.writeFileSync(path.join(STAGE, ".vscodeignore"), IGNORED);
  // Imported here, since its packages are installed by set-up.
  const { drawDiagrams } = await import("./diagrams.mjs");
  drawDiagrams(path.join(STAGE, "walkthroughs"));
  const bundle = ["scripts/bundle.mjs", path.join(STAGE, "dist")];
  await step("bundle the extension and its pages", process.execPath, bundle);
  await bundleDependencies(target);
  for (const name of PACKAGES) {
    copy(path.join(ROOT, name), path.join(BUNDLED, path.basename(name)));
  }
  // The server looks here for the pages that explain its diagnostics.
  copy(path.join(ROOT, REFERENCE), path.join(BUNDLED, "trainsmith_server", "reference"));
  const file = vsixPath();
  await step(
    "package the .vsix",
    bin("vsce"),
    [
      ...["package", "--target", target, "--out", file, "--no-dependencies"],
      "--allow-missing-repository",
    ],
    { cwd: STAGE },
  );
  const megabytes = (fs.statSync(file).size / 2 ** 20).toFixed(1);
  console.log(`    ${megabytes} MB in ${path.relative(ROOT, file)}`);
  return file;
}

/** The path of the .vsix for this platform. */
export function vsixPath() {
  return path.join(ROOT, "dist", `trainsmith-${process.platform}-${process.arch}.vsix`);
}

/** Install the server's dependencies, as pinned in constraints.txt; repeated when that changes. */
async function bundleDependencies(target) {
  const stamp = path.join(ROOT, "dist", "bundled.json");
  const inputs = ["pyproject.toml", "constraints.txt", "scripts/package.mjs"];
  const sum = createHash("sha256");
  for (const file of inputs) sum.update(fs.readFileSync(path.join(ROOT, file)));
  const wanted = JSON.stringify({ target, hash: sum.digest("hex") });
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === wanted) return;
  fs.rmSync(BUNDLED, { recursive: true, force: true });
  const pip = ["-m", "pip", "--disable-pip-version-check", "--quiet"];
  await step("bundle the server and its dependencies", venv("python"), [
    ...[...pip, "install", "--target", BUNDLED, "--no-compile"],
    ...["--constraint", "constraints.txt", ROOT, ...BACKPORTS],
  ]);
  await addCompiledModules(target, pip);
  for (const name of ["bin", "Scripts"]) {
    fs.rmSync(path.join(BUNDLED, name), { recursive: true, force: true });
  }
  fs.writeFileSync(stamp, wanted);
}

/** pip installs pydantic_core for one CPython only; add the modules for the others. */
async function addCompiledModules(target, pip) {
  const constraints = fs.readFileSync(path.join(ROOT, "constraints.txt"), "utf8");
  const pin = /^pydantic_core==.*$/m.exec(constraints)[0];
  const wheels = path.join(BUNDLED, ".wheels");
  for (const python of PYTHONS) {
    await step(`fetch ${pin} for Python ${python}`, venv("python"), [
      ...[...pip, "download", "--no-deps", "--only-binary=:all:", "--dest", wheels],
      ...["--python-version", python, "--implementation", "cp", "--platform", WHEELS[target], pin],
    ]);
  }
  for (const wheel of fs.readdirSync(wheels)) {
    const file = path.join(wheels, wheel);
    await step(`unpack ${wheel}`, venv("python"), ["-m", "zipfile", "-e", file, BUNDLED]);
  }
  fs.rmSync(wheels, { recursive: true });
  // PyYAML works without libyaml, and its compiled module would fit one CPython only.
  fs.rmSync(path.join(BUNDLED, "_yaml"), { recursive: true });
  for (const name of fs.readdirSync(path.join(BUNDLED, "yaml"))) {
    if (/^_yaml\..*(so|pyd)$/.test(name)) fs.rmSync(path.join(BUNDLED, "yaml", name));
  }
}

function copy(from, to) {
  fs.rmSync(to, { recursive: true, force: true });
  fs.cpSync(from, to, { recursive: true, filter: (name) => !LEFT_OUT.has(path.basename(name)) });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async () => {
    await setup();
    await packageExtension();
  });
}
