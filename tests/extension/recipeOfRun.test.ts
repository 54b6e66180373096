import { expect, test, vi } from "vitest";

import type { RunRecord } from "../../extension/src/generated/reports";
import { recipeOfRun } from "../../extension/src/runs/recipeOfRun";

vi.mock("vscode", () => ({
  Uri: { file: (file: string) => ({ fsPath: file, path: file }) },
  workspace: { getWorkspaceFolder: () => ({ uri: { fsPath: "/project" } }) },
}));
vi.mock("../../extension/src/server/commandLine", () => ({ trainerReport: vi.fn() }));

const KNOWN = [{ fsPath: "/project/configs/train.yaml", path: "/project/configs/train.yaml" }];

test.each([
  ["/elsewhere/train.yaml", "/elsewhere/train.yaml"],
  ["configs/train.yaml", "/project/configs/train.yaml"],
  ["../configs/train.yaml", "/project/configs/train.yaml"],
  ["other.yaml", "/project/other.yaml"],
  // Another machine would be connected to.
  ["/net/host/train.yaml", "/project/configs/train.yaml"],
  ["/net/host/other.yaml", "/project/other.yaml"],
  ["../../net/host/other.yaml", "/project/other.yaml"],
])("the recipe of a run that names %s is %s", (config, expected) => {
  const run = { config, folder: "/project/runs/one" } as RunRecord;
  expect(recipeOfRun(run, KNOWN as never).fsPath).toBe(expected);
});
