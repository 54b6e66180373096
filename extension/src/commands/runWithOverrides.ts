import * as path from "node:path";

import * as vscode from "vscode";

import type { OverrideProblem, Setting } from "../generated/protocol";
import type { Server } from "../server/client";
import { mayRunPrograms } from "../shared/trust";
import { recipeToRun, runRecipe, type RunParts } from "./runRecipe";
import { plainText } from "../shared/plainText";
import { askText, pick } from "../shared/notify";

const TITLE = "Run with Overrides";
const SEVERITIES: Record<OverrideProblem["severity"], vscode.InputBoxValidationSeverity> = {
  error: vscode.InputBoxValidationSeverity.Error,
  warning: vscode.InputBoxValidationSeverity.Warning,
  information: vscode.InputBoxValidationSeverity.Info,
};

/** The overrides chosen so far: keys with their values as YAML. */
type Chosen = ReadonlyMap<string, string>;

type Item = vscode.QuickPickItem & { setting?: Setting; run?: boolean };

/** Train a recipe with some settings changed for this run only; the recipe is not edited. */
export async function runWithOverrides(parts: RunParts, recipe: unknown): Promise<void> {
  if (!mayRunPrograms()) return;
  const document = await recipeToRun(parts, recipe);
  if (!document) return;
  const { uri } = document;
  const settings = await parts.server.settings(uri);
  if (settings.length === 0) throw new Error("This file has no settings that a run can override.");
  const chosen = new Map<string, string>();
  for (;;) {
    const picked = await pickSetting(uri, settings, chosen);
    if (!picked) return;
    if (!picked.setting) break;
    const { setting } = picked;
    const value = await askValue(parts.server, uri, setting, chosen);
    if (value === undefined) continue;
    if (value === setting.value) chosen.delete(setting.key);
    else chosen.set(setting.key, value);
  }
  await runRecipe(parts, "train", uri, { set: arguments_(chosen) });
}

/** Ask for a setting to change; once there are changes, the first item starts the run. */
async function pickSetting(
  recipe: vscode.Uri,
  settings: readonly Setting[],
  chosen: Chosen,
): Promise<Item | undefined> {
  const changes = settings.filter(({ key }) => chosen.has(key));
  const detail = changes.map((one) => `${lastPart(one.key)} ${change(one, chosen)}`).join(", ");
  const many = changes.length === 1 ? "1 change" : `${changes.length} changes`;
  const run: Item[] = [
    { label: `Run with ${many}`, iconPath: new vscode.ThemeIcon("play"), detail, run: true },
  ];
  const items = [
    ...(changes.length > 0 ? run : []),
    ...group("changed", changes, chosen),
    ...group("in the recipe", rest(settings, chosen, true), chosen),
    ...group("defaults", rest(settings, chosen, false), chosen),
  ];
  return pick(items, {
    title: `${TITLE}: ${path.basename(recipe.fsPath)}`,
    placeHolder: "Choose a setting to change for this run",
    matchOnDescription: true,
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
}

function rest(settings: readonly Setting[], chosen: Chosen, written: boolean): Setting[] {
  return settings.filter((one) => one.written === written && !chosen.has(one.key));
}

function group(label: string, settings: readonly Setting[], chosen: Chosen): Item[] {
  if (settings.length === 0) return [];
  const items = settings.map((setting) => ({
    label: lastPart(setting.key),
    description: change(setting, chosen),
    detail: `${setting.key.split(".").slice(0, -1).join(".")}: ${setting.about}`,
    setting,
  }));
  return [{ label, kind: vscode.QuickPickItemKind.Separator }, ...items];
}

/** The change, such as `0.0003 → 0.001`, or else the current value. */
function change({ key, value }: Setting, chosen: Chosen): string {
  const now = value === "" ? "not set" : value;
  const then = chosen.get(key);
  return then === undefined ? now : `${now} → ${then}`;
}

/** Ask for a value that the trainer accepts; the server reports what is wrong with the input. */
async function askValue(
  server: Server,
  recipe: vscode.Uri,
  setting: Setting,
  chosen: Chosen,
): Promise<string | undefined> {
  const value = chosen.get(setting.key) ?? setting.value;
  const problemOf = async (input: string): Promise<OverrideProblem | undefined> => {
    const others = new Map([...chosen].filter(([key]) => key !== setting.key));
    const before = await server.overrideProblems(recipe, arguments_(others));
    const known = new Set(before.map(({ message }) => message));
    const after = arguments_(new Map([...others, [setting.key, input]]));
    const problems = await server.overrideProblems(recipe, after);
    const caused = problems.filter(({ message }) => !known.has(message));
    return caused.find(({ severity }) => severity === "error") ?? caused[0];
  };
  const title = `${TITLE}: ${setting.key}`;
  if (setting.choices.length > 0) {
    const items = setting.choices.map(async (label) => ({
      label,
      description: label === value ? "current" : "",
      detail: (await problemOf(label))?.message ?? "",
    }));
    const options = { title, placeHolder: setting.about, ignoreFocusOut: true };
    return (await pick(Promise.all(items), options))?.label;
  }
  return askText({
    title,
    value,
    prompt: plainText(`${setting.about} Expected: ${setting.expected}.`),
    ignoreFocusOut: true,
    validateInput: async (input) => {
      if (input === setting.value) return undefined;
      const problem = await problemOf(input);
      return (
        problem && { message: plainText(problem.message), severity: SEVERITIES[problem.severity] }
      );
    },
  });
}

/** In the form that the trainer's `--set` accepts. */
function arguments_(chosen: Chosen): string[] {
  return [...chosen].map(([key, value]) => `${key}=${value}`);
}

function lastPart(key: string): string {
  return key.split(".").at(-1) ?? key;
}
