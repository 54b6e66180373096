import { openSection } from "./lessons";
import { expect, test } from "./workbench";

test.use({ launch: { trust: false } });

test("in a workspace that is not trusted, lessons can be read and nothing runs", async ({
  workbench,
}) => {
  const lesson = await openSection(workbench, "Configuration Patterns", "A small recipe");
  await expect(lesson.getByRole("note")).toContainText("not trusted");
  await expect(lesson.getByRole("button", { name: "Copy" }).first()).toBeVisible();
  for (const name of ["Run", "Check"]) {
    await expect(lesson.getByRole("button", { name, exact: true })).toHaveCount(0);
  }
  await workbench.screenshot("lesson-untrusted");
});
