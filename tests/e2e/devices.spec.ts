import { expect, test } from "./workbench";

test("Show Devices shows in a terminal what this machine can train on", async ({ workbench }) => {
  await workbench.open("plain.yaml", "training_config:\n  batch_size: 4\n");
  await workbench.command("Trainsmith: Show Devices");
  const terminal = workbench.page.locator(".terminal-wrapper.active .xterm-rows");
  await expect(terminal).toContainText("`auto` picks");
  await workbench.screenshot("devices");
});

test.describe("in a workspace that is not trusted", () => {
  test.use({ launch: { trust: false } });

  test("the command is not offered", async ({ workbench }) => {
    await workbench.open("stranger.yaml", "training_config:\n  batch_size: 4\n");
    const { page } = workbench;
    await page.keyboard.press("F1");
    await page.locator(".quick-input-widget input").first().fill(">Trainsmith: Show Devices");
    await expect(page.locator(".quick-input-widget .monaco-list-row").first()).not.toContainText(
      "Show Devices",
    );
    await expect(page.locator(".terminal-wrapper")).toHaveCount(0);
  });
});
