// `npm run new:rule -- <name>` and its siblings: write the files of a new part from
// scripts/templates/, and say what to do next. What exists already is refused.
import fs from "node:fs";
import path from "node:path";

import { Failure, main, ROOT, run, venv } from "./lib/run.mjs";

const TEMPLATES = path.join(ROOT, "scripts", "templates");

const FAMILIES = "schemas/trainsmith_schemas/families";
const BACKENDS = "trainer/trainsmith_trainer/backends";
/**
 * Each kind: from the given name to the files to write, as template, target and values; `optional`
 * is the number of further arguments that it takes.
 */
const KINDS = {
  rule: {
    usage: "npm run new:rule -- <name-in-kebab-case>",
    files: (name) => {
      const code = kebab(name, "a rule");
      const target = `server/trainsmith_server/rules/${code.replaceAll("-", "_")}.py`;
      return [{ template: "rule.py.template", target, values: { code } }];
    },
    next: [
      "Replace every TODO: the check, the docs, the examples; then remove `on=False`.",
      "Test it: npm test -- pytest tests/server/test_rules.py -k <name>",
      "npm run generate, which writes its reference page, and npm run check.",
    ],
    guide: "docs/adding-a-rule.md",
  },
  lesson: {
    usage: 'npm run new:lesson -- "<Title>"',
    files: (title) => {
      const slug = slugOf(title);
      const names = fs.readdirSync(path.join(ROOT, "walkthroughs"));
      const taken = names.find((name) => name.replace(/^\d+-/, "") === slug);
      if (taken) throw new Failure(`walkthroughs/${taken} exists already.`);
      const number = Math.max(0, ...names.map((name) => Number.parseInt(name) || 0)) + 1;
      const folder = `${String(number).padStart(2, "0")}-${slug}`;
      const target = `walkthroughs/${folder}/lesson.md`;
      return [{ template: "lesson.md.template", target, values: { title } }];
    },
    next: [
      "Replace every TODO in the lesson.",
      "Test it: npm test -- vitest tests/walkthroughs",
      "Hovers name it for the keys in schemas/trainsmith_schemas/editor/lessons.py.",
    ],
    guide: "docs/writing-a-lesson.md",
  },
  family: {
    usage: 'npm run new:family -- <name> ["<Title>"]',
    optional: 1,
    files: (given, title = given) => {
      const name = word(given, "a family");
      const values = { name, title: plainTitle(title) };
      return [
        { template: "family.py.template", target: `${FAMILIES}/${name}/family.py`, values },
        { template: "family_init.py.template", target: `${FAMILIES}/${name}/__init__.py`, values },
      ];
    },
    insertions: (name) => [
      {
        file: `${FAMILIES}/names.py`,
        after: /^ModelType = Literal\[\n(?: {4}"\w+",\n)*/m,
        text: `    "${name}",\n`,
      },
    ],
    next: [
      `Replace every TODO in ${FAMILIES}/<name>/family.py.`,
      `Keys of its own: write ${FAMILIES}/<name>/fields.py, and its class in ${FAMILIES}/fields.py.`,
      "npm run generate, since every list of families names it now.",
      "npm test -- pytest tests/schemas/test_families.py",
      `To train it, add its layout, its mapping and ${BACKENDS}/torch/models/<name>.py; families/qwen3/ is the example.`,
    ],
    guide: "docs/adding-a-family.md",
  },
  backend: {
    usage: "npm run new:backend -- <name>",
    files: (given) => {
      const name = word(given, "a backend");
      const target = `${BACKENDS}/${name}/__init__.py`;
      return [{ template: "backend.py.template", target, values: { name } }];
    },
    insertions: (name) => [
      {
        file: `${BACKENDS}/registry.py`,
        after: /^BACKENDS: dict\[str, str\] = \{\n(?: {4}.*\n)*/m,
        text: `    "${name}": "trainsmith_trainer.backends.${name}",\n`,
      },
      {
        file: "schemas/trainsmith_schemas/sections/device.py",
        after: /^BackendName = Literal\[\n(?: {4}"\w+",\n)*/m,
        text: `    "${name}",\n`,
      },
    ],
    next: [
      "Write the operations; backends/torch/ and backends/numpy/ are the examples.",
      "npm run generate, since `device_config.backend` names it now.",
      "When they work, let `unavailable` check that the library is installed; until then the backend is refused.",
      "Test it: npm test -- pytest tests/trainer/test_backends.py",
    ],
    guide: "docs/adding-a-backend.md",
  },
};

/** A code such as `lr-too-high`; anything else is refused. */
function kebab(name, what) {
  if (/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) return name;
  throw new Failure(`\`${name}\` is not a name for ${what}: write it like lr-too-high.`);
}

/** A name that is a Python package too; anything else is refused. */
function word(name, what) {
  if (/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name)) return name;
  throw new Failure(`\`${name}\` is not a name for ${what}: use small letters, digits and _.`);
}

/** Insert text behind what a pattern matches; a file that has changed too much is a failure. */
function insert({ file, after, text }, contents) {
  const before = contents.get(file) ?? fs.readFileSync(path.join(ROOT, file), "utf8");
  const match = after.exec(before);
  if (!match) throw new Failure(`${file} has changed: scripts/new.mjs finds no place for\n${text}`);
  const end = match.index + match[0].length;
  contents.set(file, before.slice(0, end) + text + before.slice(end));
}

/** A title, which is also plain text in YAML and in Python; anything else is refused. */
function plainTitle(title) {
  if (/^[A-Za-z][\w ,'-]*$/.test(title)) return title;
  throw new Failure(`\`${title}\` is not a title: use letters, digits, spaces and commas.`);
}

/** The folder name that a title becomes. */
function slugOf(title) {
  return plainTitle(title)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/-$/, "");
}

await main(async () => {
  const [kind, name, ...rest] = process.argv.slice(2);
  const known = KINDS[kind];
  if (!known || !name || rest.length > (known.optional ?? 0)) {
    const usages = known ? [known] : Object.values(KINDS);
    throw new Failure(`Usage: ${usages.map(({ usage }) => usage).join("\n       ")}`);
  }
  const files = known.files(name, ...rest);
  for (const { target } of files) {
    if (fs.existsSync(path.join(ROOT, target))) throw new Failure(`${target} exists already.`);
  }
  const contents = new Map();
  for (const insertion of known.insertions?.(name) ?? []) insert(insertion, contents);
  for (const { template, target, values } of files) {
    const text = fs.readFileSync(path.join(TEMPLATES, template), "utf8");
    const file = path.join(ROOT, target);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(
      file,
      text.replace(/\{\{(\w+)\}\}/g, (_, key) => values[key]),
    );
    console.log(`wrote ${target}`);
  }
  for (const [file, content] of contents) {
    fs.writeFileSync(path.join(ROOT, file), content);
    console.log(`changed ${file}`);
  }
  const edited = [...contents.keys()];
  if (edited.length) {
    // Imports are sorted, and a list that has become too long is broken.
    await run(venv("ruff"), ["check", "--quiet", "--select", "I", "--fix", ...edited]);
    await run(venv("ruff"), ["format", "--quiet", ...edited]);
  }
  console.log(
    `\nNext:\n${known.next.map((line) => `  - ${line.replaceAll("<name>", name)}\n`).join("")}Guide: ${known.guide}`,
  );
});
