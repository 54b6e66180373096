import * as vscode from "vscode";

import type { Block } from "./blocks";

/** Open a block as an untitled document. */
export async function openBlock({ language, text }: Block): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ language, content: text });
  await vscode.window.showTextDocument(document, vscode.ViewColumn.One);
}

/** Insert a block after the line with the cursor, or into a new document. */
export async function insertBlock(
  text: string,
  editor: vscode.TextEditor | undefined,
): Promise<void> {
  if (!editor) {
    const document = await vscode.workspace.openTextDocument({ language: "yaml", content: text });
    await vscode.window.showTextDocument(document, vscode.ViewColumn.One);
    return;
  }
  const { document, selection } = editor;
  const line = document.lineAt(selection.active.line);
  const block = text.trimEnd();
  await editor.edit((edit) => {
    if (line.isEmptyOrWhitespace) edit.replace(line.range, block);
    else edit.insert(line.range.end, `\n${block}`);
  });
  const last = line.lineNumber + block.split("\n").length - (line.isEmptyOrWhitespace ? 1 : 0);
  const end = document.lineAt(last).range.end;
  editor.selection = new vscode.Selection(end, end);
  editor.revealRange(editor.selection);
  await vscode.window.showTextDocument(document, editor.viewColumn);
}
