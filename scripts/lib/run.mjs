// Runs programs as steps: each prints one line, and its output only if it fails.
import { spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const OUTPUT = path.join(ROOT, "test-output");
const WINDOWS = process.platform === "win32";

/** A failure that is shown by its message, without a stack. */
export class Failure extends Error {}

/** The path of a program in the project's virtual environment. */
export function venv(program) {
  const folder = path.join(ROOT, ".venv", WINDOWS ? "Scripts" : "bin");
  return path.join(folder, WINDOWS ? `${program}.exe` : program);
}

/** The path of a program in node_modules. */
export function bin(program) {
  return path.join(ROOT, "node_modules", ".bin", WINDOWS ? `${program}.cmd` : program);
}

/**
 * Run a program and wait for it. Resolves to {code, signal, output}; with `show` the output goes to
 * the terminal instead. There is no shell, except for .cmd files on Windows.
 */
export function run(program, args, { cwd = ROOT, env = {}, show = false, input } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      shell: WINDOWS && program.endsWith(".cmd"),
      stdio: show ? "inherit" : [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
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
