// `npm run setup`: creates a virtual environment with the project in it, and node_modules. Stamp
// files record what is installed, so running it again does nothing.
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { LOCKS, TORCH } from "./lib/locks.mjs";
import { Failure, main, NPM, ROOT, run, step, venv } from "./lib/run.mjs";

const OLDEST_PYTHON = [3, 10];

/** Install what a script needs: Python with the extras, and node_modules if `node` is true. */
export async function setup({ extras = ["train", "dev"], node = true } = {}) {
  await setupPython(extras);
  if (node) await setupNode();
}

async function setupPython(extras) {
  const stamp = path.join(ROOT, ".venv", ".setup.json");
  const wanted = hash("pyproject.toml", LOCKS.dev, TORCH);
  const done = readJson(stamp);
  const missing = extras.filter((extra) => !done?.extras?.includes(extra));
  if (done?.hash === wanted && missing.length === 0) return;
  console.log("Setting up Python (once)");
  if (!fs.existsSync(venv("python"))) {
    const python = await findPython();
    await step(
      `create .venv with Python ${python.version}`,
      python.program,
      [...python.args, "-m", "venv", path.join(ROOT, ".venv")],
      { advice: "On Debian and Ubuntu the venv module is a package: apt install python3-venv" },
    );
  }
  const all = [...new Set([...(done?.extras ?? []), ...extras])].sort();
  const lock = all.includes("dev") ? LOCKS.dev : LOCKS.train;
  await pipInstall(`install ${lock}; the first time this takes minutes`, [
    ...["--require-hashes", "--only-binary=:all:", "--no-deps", "--requirement", lock],
  ]);
  await pipInstall("install PyTorch", ["--requirement", TORCH]);
  const ours = ["--no-deps", "--no-build-isolation", "--editable", "."];
  await pipInstall("install this checkout", ours);
  fs.writeFileSync(stamp, JSON.stringify({ hash: wanted, extras: all }));
}

function pipInstall(title, args) {
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--quiet"];
  const advice =
    "Check the network, then run the same command again; it continues where it stopped.";
  return step(title, venv("python"), [...pip, ...args], { advice });
}

async function setupNode() {
  const stamp = path.join(ROOT, "node_modules", ".setup.json");
  const wanted = hash("package-lock.json");
  if (readJson(stamp)?.hash === wanted) return;
  console.log("Setting up Node (once)");
  await step("install node_modules", NPM, ["ci", "--no-audit", "--no-fund"], {
    advice: "Check the network, then run the same command again.",
  });
  fs.writeFileSync(stamp, JSON.stringify({ hash: wanted }));
}

async function findPython() {
  const names = ["python3", "python", "python3.13", "python3.12", "python3.11", "python3.10"];
  const candidates = names.map((program) => ({ program, args: [] }));
  if (process.env.TRAINSMITH_PYTHON) {
    candidates.unshift({ program: process.env.TRAINSMITH_PYTHON, args: [] });
  }
  if (process.platform === "win32") candidates.push({ program: "py", args: ["-3"] });
  const question = "import sys; print('.'.join(map(str, sys.version_info[:3])))";
  const seen = [];
  for (const { program, args } of candidates) {
    const answer = await run(program, [...args, "-c", question]).catch(() => undefined);
    const version = answer?.code === 0 ? answer.output.trim() : undefined;
    const [major, minor] = (version ?? "").split(".").map(Number);
    if (major === OLDEST_PYTHON[0] && minor >= OLDEST_PYTHON[1]) return { program, args, version };
    if (version) seen.push(`${program} is ${version}`);
  }
  throw new Failure(
    `Trainsmith needs Python ${OLDEST_PYTHON.join(".")} or newer` +
      `${seen.length ? ` (${seen.join(", ")})` : ", and none is on the PATH"}.\n` +
      "Install it, or set its path: TRAINSMITH_PYTHON=/path/to/python3 npm run setup",
  );
}

function hash(...files) {
  const sum = createHash("sha256");
  for (const file of files) sum.update(fs.readFileSync(path.join(ROOT, file)));
  return sum.digest("hex");
}

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async () => {
    await setup();
    console.log("Set up: npm run demo, npm test, npm run editor");
  });
}
