import * as vscode from "vscode";

/**
 * The text editor that was active last. VS Code has no active editor while a lesson has the focus,
 * but the lesson's buttons and links apply to the recipe beside it.
 */
export class LastEditor implements vscode.Disposable {
  private last = vscode.window.activeTextEditor;
  private readonly subscription = vscode.window.onDidChangeActiveTextEditor((editor) => {
    this.last = editor ?? this.last;
  });

  /** The editor, if it is still visible and shows YAML. */
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
