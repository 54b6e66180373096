// A workspace that is not trusted: language features work, and nothing runs.
import { expect, test } from "./workbench";

const RECIPE = `training_config:
  batch_size: six
  learning_rate: 0.0003
`;

test.use({ launch: { trust: false } });

test("in a workspace that is not trusted, recipes can be edited and nothing runs", async ({
  workbench,
}) => {
  const { page } = workbench;
  // A Python from the workspace's settings is not started.
  workbench.set("trainsmith.python.path", "/no/such/python");
  const editor = await workbench.open("stranger.yaml", RECIPE);
  await expect(editor.locator(".squiggly-error")).toHaveCount(1);
  await expect(workbench.notification(/no\/such\/python/)).toHaveCount(0);
  const key = editor.locator(".view-line span", { hasText: "learning_rate" }).last();
  await workbench.hover(key, "How far each step moves");

  await expect(page.getByRole("button", { name: /^Run Training/ })).toHaveCount(0);
  await editor.locator(".codelens-decoration", { hasText: "Run Training" }).click();
  const refusal = workbench.notification(/has to be trusted first/);
  await expect(refusal).toBeVisible();
  await workbench.screenshot("untrusted");
  await expect(page.locator(".terminal-wrapper")).toHaveCount(0);
  await refusal.getByRole("button", { name: "Manage Workspace Trust" }).click();
  await expect(page.locator(".workspace-trust-editor")).toContainText("Restricted Mode");
  await workbench.screenshot("untrusted-manage");
  await workbench.command("Trainsmith: Focus on Runs View");
  await expect(page.locator(".welcome-view-content", { hasText: "trusted first" })).toBeVisible();
});

test("in a workspace that is not trusted, data is not read", async ({ workbench }) => {
  workbench.write("stranger.txt", "To be, or not to be.\n");
  const editor = await workbench.open("data.yaml", "training_config:\n  data_path: stranger.txt\n");
  await editor.locator(".codelens-decoration a", { hasText: "Show Data" }).click();
  await expect(workbench.notification(/has to be trusted first/)).toBeVisible();
  await expect(workbench.page.locator(".tab", { hasText: "Data: data.yaml" })).toHaveCount(0);
});

test("in a workspace that is not trusted, devices are not looked for", async ({ workbench }) => {
  await workbench.open("devices.yaml", "training_config:\n  batch_size: 4\n");
  const { page } = workbench;
  await page.keyboard.press("F1");
  await page.locator(".quick-input-widget input").first().fill(">Trainsmith: Show Devices");
  const first = page.locator(".quick-input-widget .monaco-list-row").first();
  await expect(first).not.toContainText("Show Devices");
  await expect(page.locator(".terminal-wrapper")).toHaveCount(0);
});
