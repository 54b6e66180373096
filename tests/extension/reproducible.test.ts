import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { expect, test } from "vitest";

import { valid } from "./cyclonedx";

const ROOT = path.resolve(__dirname, "../..");
/** What is not part of the sources; git's folder is one of them, so a build cannot depend on it. */
const LEFT_OUT = /^(\..*|node_modules|dist|test-output|checkpoints|demo-output)$/;

const BUILD = 'import("./scripts/package.mjs").then(({ packageExtension }) => packageExtension())';

interface Machine {
  readonly folder: string;
  readonly umask: number;
  readonly modified: Date;
  readonly env: NodeJS.ProcessEnv;
  readonly reversed: boolean;
}

const MACHINES: Machine[] = [
  {
    folder: "one",
    umask: 0o022,
    modified: new Date("2024-02-29T12:00:01Z"),
    env: { TZ: "UTC", LC_ALL: "C" },
    reversed: false,
  },
  {
    folder: "a längere path",
    umask: 0o077,
    modified: new Date("1999-12-31T23:59:59Z"),
    env: { TZ: "Pacific/Kiritimati", LC_ALL: "sv_SE.UTF-8" },
    reversed: true,
  },
];

/** Copy the sources as a machine would have them. */
function copySources(to: string, { modified, reversed }: Machine): void {
  const names = fs.readdirSync(ROOT).filter((name) => !LEFT_OUT.test(name));
  names.push(".gitignore");
  names.sort();
  if (reversed) names.reverse();
  for (const name of names)
    fs.cpSync(path.join(ROOT, name), path.join(to, name), { recursive: true });
  for (const entry of fs.readdirSync(to, { recursive: true, withFileTypes: true }))
    fs.utimesSync(path.join(entry.parentPath, entry.name), modified, modified);
  for (const name of [".venv", "node_modules"])
    fs.symlinkSync(path.join(ROOT, name), path.join(to, name), "junction");
}

/** Build in a copy of the sources on a machine; resolves to the digests of the packages. */
async function digests(home: string, machine: Machine): Promise<Record<string, string>> {
  const root = path.join(home, machine.folder);
  copySources(root, machine);
  fs.cpSync(path.join(ROOT, "dist", "wheels"), path.join(root, "dist", "wheels"), {
    recursive: true,
  });
  const code = `process.umask(${machine.umask}); ${BUILD}`;
  const child = spawn(process.execPath, ["-e", code, "package"], {
    cwd: root,
    env: { ...process.env, ...machine.env },
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const status = await new Promise((resolve) => child.once("close", resolve));
  expect(status, output).toBe(0);
  const files = fs.readdirSync(path.join(root, "dist")).filter((name) => name.includes("."));
  return Object.fromEntries(files.map((name) => [name, digest(path.join(root, "dist", name))]));
}

function digest(file: string): string {
  return createHash("sha256").update(fs.readFileSync(file)).digest("hex");
}

/** A package's name and version; files and metadata write the names of some differently. */
function normal(title: string): string {
  return title.toLowerCase().replaceAll("_", "-");
}

/** Check that notices and bill of the .vsix name every Python package in it. */
function accountsForAll(dist: string): void {
  const infos = fs.readdirSync(path.join(dist, "package", "bundled")).flatMap((name) => {
    const found = /^(.*)-([^-]*)\.dist-info$/.exec(name);
    return found && found[1] !== "trainsmith" ? [normal(`${found[1]} ${found[2]}`)] : [];
  });
  expect(infos.length).toBeGreaterThan(10);
  const text = fs.readFileSync(path.join(dist, "package", "THIRD_PARTY_NOTICES.txt"), "utf8");
  const titles = [...text.matchAll(/^(\S+ \S+) \(a Python package\)$/gm)];
  expect(titles.map(([, title = ""]) => normal(title)).sort()).toEqual(infos.sort());
  const [bill = ""] = fs.readdirSync(dist).filter((name) => name.endsWith(".vsix.cdx.json"));
  const { components } = valid(fs.readFileSync(path.join(dist, bill), "utf8"));
  const listed = components.map(({ name, version }) => normal(`${name} ${version}`));
  expect(listed).toEqual(expect.arrayContaining(infos));
}

test("two machines build the same bytes from the same sources", async (context) => {
  const fetched = fs.existsSync(path.join(ROOT, "dist", "wheels", "complete.json"));
  context.skip(!fetched, "the wheels that ship are not here: npm run package");
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "reproducible-"));
  const [one, other] = await Promise.all(MACHINES.map((machine) => digests(home, machine)));
  expect(Object.keys(one ?? {})).toHaveLength(4);
  expect(one).toEqual(other);
  accountsForAll(path.join(home, MACHINES[0]?.folder ?? "", "dist"));
  fs.rmSync(home, { recursive: true });
});
