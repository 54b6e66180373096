import * as vscode from "vscode";

import { itemText, plainText } from "./plainText";

type Buttons = readonly string[];

/** Show an error. Any text may be quoted in it. @returns the button that the user chose. */
export function showError(message: string, ...buttons: Buttons): Thenable<string | undefined> {
  return vscode.window.showErrorMessage(plainText(message), ...buttons);
}

/** Show a warning. Any text may be quoted in it. @returns the button that the user chose. */
export function showWarning(message: string, ...buttons: Buttons): Thenable<string | undefined> {
  return vscode.window.showWarningMessage(plainText(message), ...buttons);
}

/** Show a message. Any text may be quoted in it. @returns the button that the user chose. */
export function showInformation(
  message: string,
  ...buttons: Buttons
): Thenable<string | undefined> {
  return vscode.window.showInformationMessage(plainText(message), ...buttons);
}

/** Ask in a modal dialog. @returns the button that the user chose; `undefined` for Cancel. */
export function ask(
  question: string,
  detail: string,
  ...buttons: Buttons
): Thenable<string | undefined> {
  // The detail may have several lines, such as the command that the user is asked about.
  const lines = detail.split("\n").map(plainText).join("\n");
  const options = { modal: true, detail: lines };
  return vscode.window.showWarningMessage(plainText(question), options, ...buttons);
}

/** Let the user choose one of some items. Any text may be quoted in them. */
export async function pick<T extends vscode.QuickPickItem>(
  items: readonly T[] | Thenable<readonly T[]>,
  options: vscode.QuickPickOptions,
): Promise<T | undefined> {
  const shown = Promise.resolve(items).then((all) => all.map(cleaned));
  return (await vscode.window.showQuickPick(shown, cleanedOptions(options)))?.item;
}

/** Let the user choose several of some items, as `pick` does. */
export async function pickSeveral<T extends vscode.QuickPickItem>(
  items: readonly T[],
  options: vscode.QuickPickOptions,
): Promise<T[] | undefined> {
  const several = { ...cleanedOptions(options), canPickMany: true as const };
  const picked = await vscode.window.showQuickPick(items.map(cleaned), several);
  return picked?.map(({ item }) => item);
}

/** Let the user write a text. Any text may be quoted in the question. */
export function askText(options: vscode.InputBoxOptions): Thenable<string | undefined> {
  return vscode.window.showInputBox(cleanedOptions(options));
}

type Cleaned<T> = vscode.QuickPickItem & { readonly item: T };

function cleaned<T extends vscode.QuickPickItem>(item: T): Cleaned<T> {
  const { label, description, detail } = item;
  return {
    ...item,
    item,
    label: itemText(label),
    ...(description !== undefined && { description: itemText(description) }),
    ...(detail !== undefined && { detail: itemText(detail) }),
  };
}

function cleanedOptions<T extends vscode.QuickPickOptions & vscode.InputBoxOptions>(options: T): T {
  const { title, placeHolder, prompt } = options;
  return {
    ...options,
    ...(title !== undefined && { title: plainText(title) }),
    ...(placeHolder !== undefined && { placeHolder: plainText(placeHolder) }),
    ...(prompt !== undefined && { prompt: plainText(prompt) }),
  };
}
