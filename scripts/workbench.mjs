// The real VS Code workbench for tests and for `npm run editor`: code-server from npm, and
// Chromium. code-server's install scripts download from other hosts, so its native modules are
// built here.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { installOnce } from "./lib/installOnce.mjs";
import { bin, Failure, main, NPM, run, step } from "./lib/run.mjs";

const VERSION = "4.100.3";
const RIPGREP = `@vscode/ripgrep-${process.platform}-${process.arch}@1.18.0`;
const NATIVE = ["node-pty", "native-watchdog", "@vscode/native-watchdog", "@vscode/spdlog"];

const cache = process.env.TRAINSMITH_CACHE ?? path.join(os.homedir(), ".cache", "trainsmith");
const installation = path.join(cache, `code-server-${VERSION}`);

/** Install the workbench and Chromium. Resolves to the paths {entry, chromium}. */
export async function setupWorkbench() {
  const chromium = await findChromium();
  await installOnce(installation, install);
  return { entry: entryIn(installation), chromium };
}

/** The paths of the installed workbench and browser, for tests that run after set-up. */
export function workbench() {
  return { entry: entryIn(installation), chromium: installedChromium() };
}

function entryIn(home) {
  return path.join(home, "node_modules", "code-server", "out", "node", "entry.js");
}

async function install(home) {
  console.log(`Setting up the workbench, code-server ${VERSION} (once)`);
  fs.writeFileSync(path.join(home, "package.json"), '{"private": true}');
  const vscode = path.join(home, "node_modules", "code-server", "lib", "vscode");
  await npm(home, "fetch code-server", ["install", `code-server@${VERSION}`]);
  await npm(vscode, "fetch the workbench's packages", ["install", "--omit=dev"]);
  await npm(path.join(vscode, "extensions"), "fetch its built-in extensions' packages", [
    "install",
    "--omit=dev",
  ]);
  await build(home, vscode);
  await npm(home, "fetch ripgrep", ["install", RIPGREP]);
  const ripgrep = path.join(vscode, "node_modules", "@vscode", "ripgrep", "bin");
  fs.mkdirSync(ripgrep, { recursive: true });
  const program = path.join(home, "node_modules", RIPGREP.replace(/@[^@]*$/, ""), "bin", "rg");
  fs.copyFileSync(program, path.join(ripgrep, "rg"));
  link("node_modules", path.join(vscode, "node_modules.asar"));
  link("code-linux.sh", path.join(vscode, "bin", "remote-cli", "code-server"));
  link("browser-linux.sh", path.join(vscode, "bin", "helpers", "browser.sh"));
  const config = path.join(home, "config.yaml");
  await step("start it once", process.execPath, [entryIn(home), "--config", config, "--version"]);
}

/** Run npm without install scripts: they download programs from hosts that may be unreachable. */
function npm(cwd, title, args) {
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
  return step(title, NPM, [...args, ...quiet], { cwd });
}

async function build(home, vscode) {
  const headers = await findHeaders(home);
  const advice = "It needs a C++ compiler and make: apt install build-essential";
  if (!(await loads(path.join(home, "node_modules", "argon2")))) {
    const env = { npm_config_build_from_source: "true", npm_config_nodedir: headers };
    await step("build argon2", NPM, ["rebuild", "argon2"], { cwd: home, env, advice });
  }
  const gyp = findGyp();
  for (const name of NATIVE) {
    const cwd = path.join(vscode, "node_modules", name);
    if (!fs.existsSync(cwd) || (await loads(cwd))) continue;
    const args = [gyp, "rebuild", `--nodedir=${headers}`, "--jobs=2"];
    await step(`build ${name}`, process.execPath, args, { cwd, advice });
  }
}

async function loads(folder) {
  const { code } = await run(process.execPath, ["-e", `require(${JSON.stringify(folder)})`]);
  return code === 0;
}

function findGyp() {
  const roots = [
    path.join(path.dirname(path.dirname(fs.realpathSync(process.execPath))), "lib", "node_modules"),
    "/usr/lib/node_modules",
    "/usr/local/lib/node_modules",
    "/usr/share/nodejs",
  ];
  const found = roots
    .flatMap((root) => [
      path.join(root, "npm", "node_modules", "node-gyp", "bin", "node-gyp.js"),
      path.join(root, "node-gyp", "bin", "node-gyp.js"),
    ])
    .find((file) => fs.existsSync(file));
  if (!found) throw new Failure("npm's node-gyp was not found beside Node; reinstall npm.");
  return found;
}

/** Node's headers: beside Node, or from the npm package of the same version. */
async function findHeaders(home) {
  const beside = path.dirname(path.dirname(fs.realpathSync(process.execPath)));
  if (fs.existsSync(path.join(beside, "include", "node", "node.h"))) return beside;
  const name = `node-${process.platform}-${process.arch}`;
  await npm(home, "fetch Node's headers", ["install", `${name}@${process.versions.node}`]);
  return path.join(home, "node_modules", name);
}

function link(target, file) {
  fs.rmSync(file, { force: true, recursive: true });
  fs.symlinkSync(target, file);
}

function installedChromium() {
  const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const candidates = names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return [process.env.CHROMIUM, ...candidates].find((file) => file && fs.existsSync(file));
}

async function findChromium() {
  const found = installedChromium();
  if (found) return found;
  console.log("Setting up Chromium (once)");
  if (process.getuid?.() === 0 && fs.existsSync("/usr/bin/apt-get")) {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    await step("apt-get update", "apt-get", ["update", "-qq"], { env });
    const packages = ["chromium", "fonts-dejavu-core"];
    await step("apt-get install chromium", "apt-get", ["install", "-y", "-qq", ...packages], {
      env,
    });
  } else {
    await step("playwright install chromium", bin("playwright"), ["install", "chromium"], {
      advice: "Or install Chromium yourself and set its path: CHROMIUM=/path/to/chromium npm test",
    });
    const { chromium } = await import("playwright-core");
    process.env.CHROMIUM = chromium.executablePath();
  }
  const installed = installedChromium();
  if (!installed)
    throw new Failure("Chromium was installed but not found; set CHROMIUM to its path.");
  return installed;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async () => console.log(await setupWorkbench()));
}
