// `npm run lock`: writes requirements/, the versions that set-up and packaging install, with the
// hashes of their files for every platform and Python. Versions stay as they are if pyproject.toml
// still allows them; `npm run lock -- --upgrade` takes the newest ones.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { entriesIn, LOCKS, TORCH } from "./lib/locks.mjs";
import { main, ROOT, step, venv } from "./lib/run.mjs";
import { setup } from "./setup.mjs";

const OLDEST_PYTHON = "3.10";

/** What each lock is for, and uv's options for what belongs to it. */
const CONTENTS = {
  dev: ["working on Trainsmith", ["--extra", "train", "--extra", "dev", "--group", "build"]],
  train: ["training, from a checkout", ["--extra", "train", "--group", "build"]],
  shipped: ["the Python packages inside the .vsix", []],
};

/** PyTorch, and what each of its builds requires in versions of its own. */
const OF_TORCH = /^(torch|triton|nvidia-.*|cuda-.*)==/;

/** Write all locks; `options` are uv's. */
async function lock(options) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "trainsmith-lock-"));
  const everything = path.join(folder, "everything.txt");
  // uv keeps the versions that it finds in the file that it writes.
  const present = [TORCH, LOCKS.dev].map((name) => path.join(ROOT, name)).filter(fs.existsSync);
  fs.writeFileSync(everything, present.map((file) => fs.readFileSync(file, "utf8")).join("\n"));
  await compile("dev", everything, options);
  for (const name of ["train", "shipped"]) {
    await compile(name, path.join(folder, `${name}.txt`), ["--constraint", everything]);
  }
  const entries = entriesOf(everything);
  const torch = entries.find((entry) => entry.startsWith("torch=="));
  write(TORCH, TORCH_HEAD, [`${/^\S+/.exec(torch)[0]}\n`]);
  for (const [name, [purpose]] of Object.entries(CONTENTS)) {
    const file = name === "dev" ? everything : path.join(folder, `${name}.txt`);
    const hashed = entriesOf(file).filter((entry) => !OF_TORCH.test(entry));
    write(LOCKS[name], `# For ${purpose}. Written by \`npm run lock\`. Do not edit.\n`, hashed);
  }
  fs.rmSync(folder, { recursive: true });
}

const TORCH_HEAD =
  "# Without hashes: PyTorch has a different build for each kind of GPU, and pip's settings on a\n" +
  "# machine say which. Written by `npm run lock`. Do not edit.\n";

function compile(name, file, options) {
  const [purpose, parts] = CONTENTS[name];
  return step(`lock what is for ${purpose}`, venv("uv"), [
    ...["pip", "compile", "pyproject.toml", "--quiet", "--universal", "--generate-hashes"],
    ...["--python-version", OLDEST_PYTHON, "--no-header", "--no-annotate", "--output-file", file],
    ...[...parts, ...options],
  ]);
}

function entriesOf(file) {
  return entriesIn(fs.readFileSync(file, "utf8"));
}

function write(name, head, entries) {
  fs.writeFileSync(path.join(ROOT, name), head + entries.join(""));
}

await main(async () => {
  await setup({ node: false });
  await lock(process.argv.slice(2));
});
