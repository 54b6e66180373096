import * as vscode from "vscode";

import { plainText } from "./plainText";

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
