// `npm run package`: builds the wheel and the .vsix for this platform. The .vsix contains the server
// and the trainer: our wheel and the server's dependencies, so that any Python 3.10 or newer can run
// it.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { build } from "./bundle.mjs";
import { npmComponents, wheelComponents } from "./lib/components.mjs";
import { notices } from "./lib/notices.mjs";
import { bin, Failure, main, ROOT, step } from "./lib/run.mjs";
import { sbom } from "./lib/sbom.mjs";
import {
  buildWheel,
  described,
  dropCompiledYaml,
  fetchWheels,
  unpackWheels,
} from "./lib/wheels.mjs";
import { setup } from "./setup.mjs";

const DIST = path.join(ROOT, "dist");
/** The folder with exactly the content of the .vsix. */
const STAGE = path.join(DIST, "package");
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
/** VS Code's name of a platform → the platform tags of wheels for it. */
const PLATFORMS = {
  "linux-x64": ["manylinux_2_17_x86_64"],
  "linux-arm64": ["manylinux_2_17_aarch64"],
  "darwin-x64": ["macosx_10_12_x86_64", "macosx_10_13_x86_64"],
  "darwin-arm64": ["macosx_11_0_arm64"],
  "win32-x64": ["win_amd64"],
};

/**
 * What a build could take from its machine: the time in archives (2 February 2020, as hatchling
 * has it), the time zone, the order of names.
 */
const FIXED = {
  SOURCE_DATE_EPOCH: process.env.SOURCE_DATE_EPOCH ?? "1580601600",
  TZ: "UTC",
  LC_ALL: "C",
};

/**
 * Build the wheel and the .vsix with their bills of materials, and resolve to the path of the .vsix.
 * The same sources, tools and platform result in the same bytes.
 */
export async function packageExtension() {
  const target = `${process.platform}-${process.arch}`;
  if (!(target in PLATFORMS)) throw new Failure(`Packaging for ${target} is not supported.`);
  fs.rmSync(STAGE, { recursive: true, force: true });
  for (const name of [...COPIED, SAMPLE, MEDIA]) copy(name, name);
  copy(PAGE, "README.md");
  fs.writeFileSync(path.join(STAGE, ".vscodeignore"), IGNORED);
  // Imported here, since its packages are installed by set-up.
  const { drawDiagrams } = await import("./diagrams.mjs");
  drawDiagrams(path.join(STAGE, "walkthroughs"));
  const inputs = await build(path.join(STAGE, "dist"));
  const wheels = await fetchWheels(path.join(DIST, "wheels"), PLATFORMS[target]);
  const wheel = await buildWheel(DIST, FIXED);
  await unpackWheels(BUNDLED, [...wheels, wheel]);
  dropCompiledYaml(BUNDLED);
  const components = [...npmComponents(inputs), ...wheelComponents(BUNDLED, wheels.map(described))];
  fs.writeFileSync(path.join(STAGE, "THIRD_PARTY_NOTICES.txt"), notices(components));
  allowReading(STAGE);
  const file = vsixPath();
  await step(
    "package the .vsix",
    bin("vsce"),
    [
      ...["package", "--target", target, "--out", file, "--no-dependencies"],
      "--allow-missing-repository",
    ],
    { cwd: STAGE, env: FIXED },
  );
  fs.writeFileSync(`${wheel}.cdx.json`, sbom(wheel, []));
  fs.writeFileSync(`${file}.cdx.json`, sbom(file, components));
  const megabytes = (fs.statSync(file).size / 2 ** 20).toFixed(1);
  console.log(`    ${megabytes} MB in ${path.relative(ROOT, file)}`);
  return file;
}

/** The path of the .vsix for this platform. */
export function vsixPath() {
  return path.join(DIST, `trainsmith-${process.platform}-${process.arch}.vsix`);
}

/** Copy a file or folder of the repository into the .vsix. */
function copy(from, to) {
  const filter = (name) => !LEFT_OUT.has(path.basename(name));
  fs.cpSync(path.join(ROOT, from), path.join(STAGE, to), { recursive: true, filter });
}

/** Give every file the same mode, whatever the machine gives to new files. */
function allowReading(folder) {
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) fs.chmodSync(path.join(entry.parentPath, entry.name), 0o644);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async () => {
    await setup();
    await packageExtension();
  });
}
