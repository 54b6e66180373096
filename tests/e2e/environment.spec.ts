// The environment that the extension creates if Python lacks packages for training. venv, pip and
// the training are real. The packages are stubs that pip finds in a folder; the one of torch adds
// the modules of the project's environment to the search path.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

import { OUTPUT, venv } from "../../scripts/lib/run.mjs";
import { MODEL } from "./recipes";
import { expect, test } from "./workbench";

const WHEELS = path.join(OUTPUT, "wheels");
const BARE = path.join(OUTPUT, "bare-python");
const NEEDED = ["jinja2", "matplotlib", "numpy", "rich", "safetensors", "tokenizers", "torch"];

/** Writes a stub wheel; that of torch adds the project's installed modules to the search path. */
const WRITE_WHEEL = `
import sys, sysconfig, zipfile
folder, name = sys.argv[1:]
info = f"{name}-99.0.dist-info"
files = {
    f"{info}/METADATA": f"Metadata-Version: 2.1\\nName: {name}\\nVersion: 99.0\\n",
    f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    f"{name}-test.pth": sysconfig.get_path("purelib") if name == "torch" else "",
}
record = "".join(f"{file},,\\n" for file in files) + f"{info}/RECORD,,\\n"
with zipfile.ZipFile(f"{folder}/{name}-99.0-py3-none-any.whl", "w") as wheel:
    for file, text in {**files, f"{info}/RECORD": record}.items():
        wheel.writestr(file, text)
`;

const RECIPE = `training_config:
  data_path: bare.txt
  model_config: bare_model.yaml
  batch_size: 4
  learning_rate: 0.0003
  max_steps: 4
  checkpoint_dir: bare_runs
`;

test.use({ launch: { env: { PIP_NO_INDEX: "1", PIP_FIND_LINKS: WHEELS, PIP_CONSTRAINT: "" } } });
test.slow();

function writeWheel(name: string): void {
  execFileSync(venv("python"), ["-c", WRITE_WHEEL, WHEELS, name]);
}

test.beforeAll(() => {
  for (const folder of [WHEELS, BARE]) fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(WHEELS, { recursive: true });
  const base = execFileSync(venv("python"), ["-c", "import sys; print(sys._base_executable)"]);
  execFileSync(base.toString().trim(), ["-m", "venv", "--without-pip", BARE]);
});

test("if modules are missing, one button creates an environment and the run continues", async ({
  workbench,
}) => {
  const { page, data } = workbench;
  const storage = path.join(data, "User/globalStorage/trainsmith.trainsmith/environments");
  const environments = (): string[] => (fs.existsSync(storage) ? fs.readdirSync(storage) : []);
  const question = workbench.notification(/Training needs jinja2, matplotlib, .* and torch, which/);
  const button = question.getByRole("button", { name: "Set Up Training Environment" });
  const progress = workbench.notification(/Setting up the training environment/);
  workbench.write("bare.txt", "The quick brown fox jumps over the lazy dog.\n".repeat(200));
  workbench.write("bare_model.yaml", MODEL);
  const editor = await workbench.open("bare.yaml", RECIPE);
  const bare = path.join(BARE, "bin", "python");
  await workbench.setPython(bare, bare);

  await test.step("a cancelled set-up leaves no files", async () => {
    await workbench.command("Trainsmith: Run Training");
    await expect(question).toBeVisible();
    await workbench.screenshot("environment-question");
    await button.click();
    await expect(progress).toBeVisible();
    await progress.getByRole("button", { name: "Cancel" }).click();
    await expect(progress).toBeHidden();
    await expect.poll(environments).toEqual([]);
  });

  await test.step("a failed set-up shows the reason and leaves no files", async () => {
    for (const name of NEEDED.slice(0, -1)) writeWheel(name);
    await workbench.command("Trainsmith: Run Training");
    await button.click();
    const failed = workbench.notification(/was not set up.*No matching distribution.*torch/);
    await expect(failed).toBeVisible();
    expect(environments()).toEqual([]);
    await workbench.screenshot("environment-failed");
    await failed.getByRole("button", { name: "Show Log" }).click();
    await expect(page.locator(".part.panel .view-lines")).toContainText("No matching distribution");
  });

  await test.step("after a successful set-up the run trains", async () => {
    writeWheel("torch");
    await editor.locator(".view-line").first().click();
    await workbench.command("Trainsmith: Run Training");
    await button.click();
    await expect(progress).toBeVisible();
    await expect(workbench.notification(/Run bare-001 finished/)).toBeVisible();
    expect(environments()).toHaveLength(1);
    await workbench.screenshot("environment-made");
  });

  await test.step("the next run needs no set-up", async () => {
    await workbench.command("Trainsmith: Run Training");
    await expect(workbench.notification(/Run bare-002 finished/)).toBeVisible();
    expect(environments()).toHaveLength(1);
  });
});
