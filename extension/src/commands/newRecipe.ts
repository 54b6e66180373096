import * as vscode from "vscode";

import { recipeFrom } from "../recipes/recipes";
import type { Server } from "../server/client";
import { isInside } from "../shared/files";
import { chooseFile, nameIn, textsIn } from "./chooseFile";
import { askText, pick } from "../shared/notify";

const MODEL_FILE = "model_configs/model.yaml";

/** Ask for a template, a board, the data and a file name; write the recipe and its model file. */
export async function newRecipe(server: Server): Promise<void> {
  const templates = await server.templates();
  if (!templates) return;
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  if (!folder)
    throw new Error("Open a folder first: the recipe and its model file are written there.");
  const step = (number: number, placeHolder: string) => ({
    title: `New Training Config (${number}/4)`,
    placeHolder,
    ignoreFocusOut: true,
  });
  const named = templates.recipes.map(({ label, about: detail, text }) => ({
    label,
    detail,
    text,
  }));
  const template = await pick(named, step(1, "What is it for?"));
  if (!template) return;
  const boards = [
    { label: "CPU or unknown", detail: "one device", text: "" },
    ...templates.devices.map(({ label, about: detail, text }) => ({ label, detail, text })),
  ];
  const board = await pick(boards, step(2, "Where will it be trained?"));
  if (!board) return;
  const data = await chooseFile(
    await textsIn(folder.uri),
    folder.uri,
    step(3, "Which text does the model learn from?"),
  );
  if (!data) return;
  const file = await askText({
    ...step(4, ""),
    prompt: "The recipe's file name. Its model file is written to model_configs beside it.",
    value: await freeName(folder.uri),
    validateInput: async (name) => {
      if (!/\.ya?ml$/.test(name)) return "The file name must end in .yaml or .yml.";
      const uri = vscode.Uri.joinPath(folder.uri, name);
      if (await exists(uri)) return "This file already exists.";
      return (await isOwn(folder.uri, uri)) ? "" : "This path leads out of the workspace folder.";
    },
  });
  if (!file) return;
  const recipe = vscode.Uri.joinPath(folder.uri, file);
  const model = vscode.Uri.joinPath(recipe, "..", MODEL_FILE);
  if (!(await exists(model)) && !(await isOwn(folder.uri, model))) {
    const where = vscode.workspace.asRelativePath(model);
    throw new Error(`${where} leads out of the workspace folder through a link; remove the link.`);
  }
  await write(recipe, recipeFrom(template.text, board.text, nameIn(recipe, data)));
  if (!(await exists(model))) await write(model, templates.model);
  await vscode.window.showTextDocument(model, { preview: false, preserveFocus: true });
  await vscode.window.showTextDocument(recipe, { preview: false });
}

async function freeName(folder: vscode.Uri): Promise<string> {
  for (let number = 1; ; number++) {
    const name = number === 1 ? "training.yaml" : `training_${number}.yaml`;
    if (!(await exists(vscode.Uri.joinPath(folder, name)))) return name;
  }
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}

/** Whether a file is in the workspace folder, which may contain links to other folders. */
async function isOwn(folder: vscode.Uri, file: vscode.Uri): Promise<boolean> {
  return file.scheme !== "file" || (await isInside(folder.fsPath, file.fsPath));
}

async function write(uri: vscode.Uri, text: string): Promise<void> {
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
}
