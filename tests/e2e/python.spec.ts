import { expect, test } from "./workbench";

const WRONG = "training_config:\n  batch_size: six\n";

test("a missing Python is reported, and one that is set later is used at once", async ({
  workbench,
}) => {
  const { page } = workbench;
  workbench.setMachinePython("/no/such/python");
  const editor = await workbench.open("python.yaml", WRONG);
  const message = workbench.notification(
    /needs Python 3\.10 or newer \(\/no\/such\/python did not/,
  );
  await expect(message).toBeVisible();
  await expect(editor.locator(".squiggly-error")).toHaveCount(0);
  await workbench.screenshot("no-python");

  await message.getByRole("button", { name: "Choose Python" }).click();
  const settings = page.locator(".settings-editor");
  await expect(settings.locator(".setting-item-label", { hasText: "Path" })).toBeVisible();
  await workbench.screenshot("python-setting");

  workbench.setMachinePython();
  await workbench.open("python.yaml", WRONG);
  await expect(editor.locator(".squiggly-error")).toHaveCount(1);
  await expect(workbench.notification(/failed/)).toHaveCount(0);
});
