import { expect, test } from "./workbench";

test("Show Devices shows in a terminal what this machine can train on", async ({ workbench }) => {
  await workbench.open("plain.yaml", "training_config:\n  batch_size: 4\n");
  await workbench.command("Trainsmith: Show Devices");
  const terminal = workbench.page.locator(".terminal-wrapper.active .xterm-rows");
  await expect(terminal).toContainText("`auto` picks");
  await workbench.screenshot("devices");
});
