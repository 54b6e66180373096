// Runs programs as steps: each prints one line, and its output only if it fails. All scripts start
// programs here, with a list of arguments and without a shell; ESLint refuses other ways.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const OUTPUT = path.join(ROOT, "test-output");
const MODULES = path.join(ROOT, "node_modules", path.sep);
const WINDOWS = process.platform === "win32";

/** The packages of programs whose names differ. */
const PACKAGES = { playwright: "@playwright/test", tsc: "typescript", vsce: "@vscode/vsce" };

/** A failure that is shown by its message, without a stack. */
export class Failure extends Error {}

/** The path of a program in the project's virtual environment. */
export function venv(program) {
  const folder = path.join(ROOT, ".venv", WINDOWS ? "Scripts" : "bin");
  return path.join(folder, WINDOWS ? `${program}.exe` : program);
}

/** The script of a program in node_modules; `start` runs it with Node. */
export function bin(program) {
  const folder = path.join(MODULES, PACKAGES[program] ?? program);
  const manifest = path.join(folder, "package.json");
  if (!fs.existsSync(manifest)) throw new Failure(`${program} is not installed: npm run setup`);
  const { bin: scripts } = JSON.parse(fs.readFileSync(manifest, "utf8"));
  return path.join(folder, typeof scripts === "string" ? scripts : scripts[program]);
}

/** npm: on Windows the script that comes with Node, since npm.cmd would need a shell. */
export const NPM = WINDOWS
  ? path.join(path.dirname(process.execPath), "node_modules", "npm", "bin", "npm-cli.js")
  : "npm";

/** Start a program, or a script of a package with Node. Returns the child process. */
export function start(program, args, { cwd = ROOT, env = {}, stdio, detached = false } = {}) {
  const isScript = program.startsWith(MODULES) || program.endsWith(".js");
  const all = isScript ? [program, ...args] : args;
  return spawn(isScript ? process.execPath : program, all, {
    ...{ cwd, stdio, detached },
    env: { ...process.env, ...env },
  });
}

/**
 * Run a program and wait for it. Resolves to {code, signal, output}; with `show` the output goes to
 * the terminal instead.
 */
export function run(program, args, { cwd, env, show = false, input } = {}) {
  return new Promise((resolve, reject) => {
    const stdin = input === undefined ? "ignore" : "pipe";
    const stdio = show ? "inherit" : [stdin, "pipe", "pipe"];
    const child = start(program, args, { cwd, env, stdio });
    let output = "";
    child.stdout?.on("data", (chunk) => (output += chunk));
    child.stderr?.on("data", (chunk) => (output += chunk));
    child.stdin?.end(input);
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code: code ?? 1, signal, output }));
  });
}

/** Run a step of set-up: print its title and duration, and its output if it fails. */
export async function step(title, program, args, options = {}) {
  const began = Date.now();
  const live = process.stdout.isTTY;
  if (live) process.stdout.write(`  … ${title}`);
  const result = await run(program, args, options).catch((error) => ({
    code: 1,
    output: String(error.message),
  }));
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  const mark = result.code === 0 ? "✓" : "✗";
  process.stdout.write(`${live ? "\r" : ""}  ${mark} ${title} (${seconds} s)\n`);
  if (result.code !== 0) {
    const tail = result.output.trimEnd().split("\n").slice(-40).join("\n");
    throw new Failure(
      `${title} failed:\n\n${tail}\n${options.advice ? `\n${options.advice}` : ""}`,
    );
  }
  return result.output;
}

/** Run a script's main function; a `Failure` prints its message and sets the exit code 1. */
export async function main(body) {
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    console.error(error instanceof Failure ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}

export const seconds = (began) => `${((Date.now() - began) / 1000).toFixed(0)} s`;
