// The Python that is selected in the Python extensions. Tests have no gallery to install these
// from, so two stubs implement their APIs; a file of this test has the selection.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

import { bin, OUTPUT, ROOT, venv } from "../../scripts/lib/run.mjs";
import { expect, test } from "./workbench";

const FOLDER = path.join(OUTPUT, "stubs");
const SELECTED = path.join(FOLDER, "selected.json");

/** The parts of the extensions' APIs that are used; `read` returns the selection. */
const PYTHON = `({ environments: {
  getActiveEnvironmentPath: () => ({ path: read().python ? "some-folder" : "python" }),
  resolveEnvironment: async () => ({ executable: { uri: { fsPath: read().python } } }),
} })`;
const ENVIRONMENTS = `({ getEnvironment: async () => read().environments && {
  execInfo: { run: { executable: read().environments, args: [] } },
} })`;

test.use({
  launch: {
    extensions: ["python", "vscode-python-envs"].map((name) => path.join(FOLDER, `${name}.vsix`)),
  },
});

function writeStub(name: string, api: string): void {
  const folder = path.join(FOLDER, name);
  fs.mkdirSync(folder, { recursive: true });
  const manifest = {
    ...{ name, publisher: "ms-python", version: "0.0.1", license: "Apache-2.0" },
    ...{ engines: { vscode: "^1.100.0" }, main: "./main.js", activationEvents: [] },
    files: ["LICENSE", "README.md", "main.js"],
  };
  fs.writeFileSync(path.join(folder, "package.json"), JSON.stringify(manifest));
  fs.writeFileSync(path.join(folder, "README.md"), `A stub for the extension ${name}.\n`);
  fs.copyFileSync(path.join(ROOT, "LICENSE"), path.join(folder, "LICENSE"));
  const read = `const read = () => JSON.parse(require("fs").readFileSync(${JSON.stringify(SELECTED)}));`;
  fs.writeFileSync(path.join(folder, "main.js"), `${read}\nexports.activate = () => ${api};\n`);
  const out = ["--out", `${folder}.vsix`, "--allow-missing-repository", "--no-dependencies"];
  execFileSync(process.execPath, [bin("vsce"), "package", ...out], { cwd: folder });
}

/** An environment without packages, so that a run reports the missing ones. */
function makePython(name: string): string {
  const folder = path.join(FOLDER, name);
  execFileSync(venv("python"), ["-m", "venv", "--without-pip", folder]);
  return path.join(folder, "bin", "python");
}

test.beforeAll(() => {
  fs.rmSync(FOLDER, { recursive: true, force: true });
  writeStub("python", PYTHON);
  writeStub("vscode-python-envs", ENVIRONMENTS);
  fs.writeFileSync(SELECTED, "{}");
});

test("a run uses the Python that is selected now, without a restart", async ({ workbench }) => {
  const text = fs.readFileSync(path.join(workbench.workspace, "training.yaml"), "utf8");
  const runNeeds = async (name: string): Promise<void> => {
    await workbench.command("Notifications: Clear All Notifications");
    await workbench.command("Trainsmith: Run Training");
    const python = new RegExp(`Training needs .* which Python .*/${name}/bin/python.* lacks`);
    await expect(workbench.notification(python)).toBeVisible();
  };
  const [one, other] = [makePython("one"), makePython("other")];
  fs.writeFileSync(SELECTED, JSON.stringify({ python: one }));
  await workbench.open("training.yaml", text);
  // The machine's setting would take precedence.
  await workbench.setPython("", one);
  await runNeeds("one");
  fs.writeFileSync(SELECTED, JSON.stringify({ python: one, environments: other }));
  await runNeeds("other");
});
