import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";

import { expect, test } from "vitest";

import { checkoutOf, DEBUG_PORT } from "../../extension/src/server/checkout";

const ROOT = path.resolve(__dirname, "../..");
const MANIFEST = read("package.json") as { main: string; scripts: Record<string, string> };
const LAUNCH = read(".vscode/launch.json") as {
  configurations: Record<string, unknown>[];
  compounds: { configurations: string[]; preLaunchTask: string }[];
};
const TASKS = (read(".vscode/tasks.json") as { tasks: Task[] }).tasks;

interface Task {
  readonly label: string;
  readonly script: string;
  readonly problemMatcher: {
    readonly pattern: { readonly regexp: string };
    readonly background: { readonly beginsPattern: string; readonly endsPattern: string };
  };
}

function read(file: string): unknown {
  return JSON.parse(fs.readFileSync(path.join(ROOT, file), "utf8"));
}

/** Every string in a launch configuration, however deep. */
function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return value && typeof value === "object" ? Object.values(value).flatMap(strings) : [];
}

test("launch configurations name files and folders of the repository", () => {
  const paths = strings(LAUNCH).flatMap((text) => {
    const found = /\$\{workspaceFolder\}\/([^*]+)/.exec(text)?.[1];
    return found ? [found.replace(/\/$/, "")] : [];
  });
  // A fresh checkout has no files from set-up or builds.
  const built = /^(dist|\.venv|node_modules)(\/|$)/;
  const missing = paths.filter(
    (file) => !built.test(file) && !fs.existsSync(path.join(ROOT, file)),
  );
  expect(paths).toContain("examples/shakespeare");
  expect(missing).toEqual([]);
});

test("launch configurations name tasks, tasks name npm scripts, and compounds name both", () => {
  const labels = TASKS.map(({ label }) => label);
  const names = LAUNCH.configurations.map(({ name }) => name);
  for (const task of strings(LAUNCH.configurations.map((one) => one.preLaunchTask)))
    expect(labels).toContain(task);
  for (const { configurations, preLaunchTask } of LAUNCH.compounds) {
    expect(names).toEqual(expect.arrayContaining(configurations));
    expect(labels).toContain(preLaunchTask);
  }
  for (const { script } of TASKS) expect(MANIFEST.scripts).toHaveProperty(script);
});

test("the debugger listens on the port that the server connects to", () => {
  const listening = LAUNCH.configurations.find(({ listen }) => listen)?.listen as { port: number };
  const env = LAUNCH.configurations.find((one) => one.env)?.env as Record<string, string>;
  expect(env[DEBUG_PORT]).toBe(String(listening.port));
  expect(checkoutOf(true, ROOT, env, "linux")?.debugger).toEqual([
    ...["-m", "debugpy", "--connect", `127.0.0.1:${listening.port}`],
  ]);
});

test("a development host runs the checkout's packages, an installed extension its own", () => {
  const checkout = checkoutOf(true, ROOT, {}, process.platform);
  expect(checkout?.debugger).toEqual([]);
  expect(checkout?.packages.filter((folder) => !fs.existsSync(folder))).toEqual([]);
  expect(checkoutOf(false, ROOT, { [DEBUG_PORT]: "5678" }, "linux")).toBeUndefined();
});

test("the watch build writes the bundle that the manifest names", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "watch-"));
  const [program, ...args] = MANIFEST.scripts.watch?.split(" ") ?? [];
  expect(program).toBe("node");
  const output = path.join(folder, "dist");
  const child = spawn(process.execPath, [...args, output], { cwd: ROOT, stdio: "pipe" });
  const { beginsPattern, endsPattern } = TASKS[0]?.problemMatcher.background ?? {
    beginsPattern: "",
    endsPattern: "",
  };
  const lines: string[] = [];
  try {
    for await (const line of createInterface(child.stdout)) {
      lines.push(line);
      if (new RegExp(endsPattern).test(line)) break;
    }
  } finally {
    child.kill();
  }
  expect(lines.some((line) => new RegExp(beginsPattern).test(line))).toBe(true);
  expect(fs.existsSync(path.join(folder, MANIFEST.main))).toBe(true);
  expect(fs.readdirSync(path.join(output, "webview"))).toContain("training.css");
  fs.rmSync(folder, { recursive: true });
});

test("the problem matcher matches the errors of the watch build", () => {
  const pattern = TASKS[0]?.problemMatcher.pattern.regexp ?? "";
  const line = 'extension/src/extension.ts:3:8: error: Could not resolve "./gone"';
  expect(new RegExp(pattern).exec(line)?.slice(1, 4)).toEqual([
    ...["extension/src/extension.ts", "3", "8"],
  ]);
});
