import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { valid } from "./cyclonedx";
import { build } from "../../scripts/bundle.mjs";
import { npmComponents, wheelComponents } from "../../scripts/lib/components.mjs";
import { notices } from "../../scripts/lib/notices.mjs";
import { sbom } from "../../scripts/lib/sbom.mjs";
import { buildWheel, described, unpackWheels } from "../../scripts/lib/wheels.mjs";

const ROOT = path.resolve(__dirname, "../..");
const OURS = ["trainsmith", "schemas", "server", "system", "trainer"];
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "shipping-"));
const unpacked = path.join(folder, "unpacked");
let inputs: string[];
let wheel: string;

beforeAll(async () => {
  inputs = await build(path.join(folder, "dist"));
  wheel = await buildWheel(folder, {});
  await unpackWheels(unpacked, [wheel]);
});
afterAll(() => {
  fs.rmSync(folder, { recursive: true });
});

interface Component {
  readonly name: string;
  readonly version: string;
  readonly texts: string[];
}

test("every bundled package from npm is in the notices and in the bill, with its licence", () => {
  const components = npmComponents(inputs) as Component[];
  const names = components.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["highlight.js", "uplot", "vscode-languageclient"]));
  const folders = inputs.filter((name) => name.includes("node_modules/"));
  const missing = folders.filter((file) => !names.some((name) => file.includes(`/${name}/`)));
  expect(missing).toEqual([]);
  const text = notices(components);
  for (const { name, version, texts } of components) {
    expect(text).toContain(`${name} ${version} (from npm)`);
    expect(texts.join("")).toMatch(/permi|licen|public domain/i);
  }
  const { components: listed } = valid(sbom(wheel, components));
  expect(listed.map(({ name }) => name)).toEqual(names);
});

test("a package's licence is read from its wheel", () => {
  const [component] = wheelComponents(unpacked, [described(wheel)]) as Component[];
  expect(component).toMatchObject({ name: "trainsmith", license: "Apache-2.0" });
  expect(component?.texts).toEqual([fs.readFileSync(path.join(ROOT, "LICENSE"), "utf8")]);
  expect(valid(sbom(wheel, [component])).components).toHaveLength(1);
});

test("a package without a licence cannot ship", () => {
  const [info = ""] = fs.readdirSync(unpacked).filter((name) => name.endsWith(".dist-info"));
  const bare = path.join(folder, "bare");
  fs.mkdirSync(path.join(bare, info), { recursive: true });
  fs.copyFileSync(path.join(unpacked, info, "METADATA"), path.join(bare, info, "METADATA"));
  expect(() => void wheelComponents(bare, [described(wheel)])).toThrow(/no file with its licence/);
});

test("our wheel contains our packages only", () => {
  const names = OURS.map((name) => (name === "trainsmith" ? name : `trainsmith_${name}`));
  const found = fs.readdirSync(unpacked).filter((name) => !name.endsWith(".dist-info"));
  expect(found.sort()).toEqual(names.sort());
  expect(valid(sbom(wheel, [])).components).toEqual([]);
});
