import fs from "node:fs";
import path from "node:path";

import { MODEL } from "./recipes";
import { expect, test } from "./workbench";

const RECIPE = `training_config:
  data_path: private.txt
  model_config: private_model.yaml
  max_steps: 3
  checkpoint_dir: private_runs
  use_wandb: true  # trainsmith: ignore
  wandb_project: plays
`;

test("the privacy setting refuses a recipe that would send data", async ({ workbench }) => {
  const { page, workspace } = workbench;
  workbench.set("trainsmith.privacy", "local-only");
  workbench.write("private.txt", "The quick brown fox jumps over the lazy dog.\n".repeat(200));
  workbench.write("private_model.yaml", MODEL);
  await workbench.open("private.yaml", RECIPE);
  await workbench.command("Trainsmith: Run Training");
  const terminal = page.locator(".terminal-wrapper.active .xterm-rows");
  await expect(terminal).toContainText("TRAINSMITH_PRIVACY");
  await expect(terminal).toContainText("nothing was run");
  expect(fs.existsSync(path.join(workspace, "private_runs"))).toBe(false);
});
