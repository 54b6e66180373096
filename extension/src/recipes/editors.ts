import * as vscode from "vscode";

/**
 * The text editor that the user worked in last. VS Code knows no active one while a lesson has the
 * focus, and a lesson's buttons and links mean the recipe beside it.
 */
export class LastEditor implements vscode.Disposable {
  private last = vscode.window.activeTextEditor;
  private readonly subscription = vscode.window.onDidChangeActiveTextEditor((editor) => {
    this.last = editor ?? this.last;
  });

  /** The editor, if it is still to be seen and shows YAML. */
  yaml(): vscode.TextEditor | undefined {
    const editor = vscode.window.activeTextEditor ?? this.last;
    const visible = vscode.window.visibleTextEditors.find(
      ({ document }) => document === editor?.document,
    );
    return visible?.document.languageId === "yaml" ? visible : undefined;
  }

  dispose(): void {
    this.subscription.dispose();
  }
}
