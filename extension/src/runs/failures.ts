import * as path from "node:path";

import * as vscode from "vscode";

import { VIEWS } from "../generated/protocol";
import type { Documents } from "../recipes/documents";
import type { Server } from "../server/client";
import { yamlOf } from "../shared/formatting";
import { plainText } from "../shared/plainText";
import type { EndedRun, ActiveRuns } from "./activeRuns";
import { folderOf } from "./tasks";

/** How to fix a failed run: the value to set, and the recipe that was run. */
interface Remedy {
  readonly recipe: vscode.Uri;
  readonly change: Change | undefined;
}

interface Change {
  readonly key: string;
  readonly value: string;
}

/** What one can do about a failure that is shown. */
export interface FailureActions {
  readonly goToLine: () => Promise<void>;
  /** Write the suggested value into the recipe, if there is one. */
  readonly applyFix: (() => Promise<void>) | undefined;
}

/**
 * Shows why the last run of a recipe failed, on the line that the trainer names, with the value
 * that it suggests as a quick fix. The next run removes it, and so does an edit of that line.
 */
export class Failures implements vscode.CodeActionProvider, vscode.Disposable {
  private readonly found = vscode.languages.createDiagnosticCollection(VIEWS.runsView);
  private readonly remedies = new Map<vscode.Diagnostic, Remedy>();
  private readonly subscriptions: vscode.Disposable;

  constructor(
    runs: ActiveRuns,
    private readonly server: Server,
    private readonly documents: Documents,
  ) {
    this.subscriptions = vscode.Disposable.from(
      this.found,
      runs.onDidChange(() => {
        for (const { recipe } of runs.running) this.forget(recipe);
      }),
      vscode.workspace.onDidChangeTextDocument((change) => {
        this.follow(change);
      }),
      vscode.languages.registerCodeActionsProvider({ language: "yaml" }, this, {
        providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
      }),
    );
  }

  async provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
  ): Promise<vscode.CodeAction[]> {
    const failure = this.at(document.uri);
    const remedy = failure && this.remedies.get(failure);
    if (!remedy?.change || !failure?.range.intersection(range)) return [];
    const { key, value } = remedy.change;
    const title = plainText(`Set ${key.split(".").at(-1) ?? key} to ${value}`);
    const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
    action.diagnostics = [failure];
    action.isPreferred = true;
    const edit = await this.editOf(remedy.recipe, remedy.change);
    if (edit) action.edit = edit;
    return [action];
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  /** Show why a run failed; `undefined` if it did not. */
  async show({
    recipe,
    execution,
    folder,
    progress,
  }: EndedRun): Promise<FailureActions | undefined> {
    const { end, step } = progress;
    const event = end?.failure;
    if (!end || !event) return undefined;
    const workspace = execution
      ? folderOf(execution.task.scope)
      : vscode.workspace.getWorkspaceFolder(recipe);
    const root = workspace?.uri.fsPath ?? "";
    const named = path.resolve(root, event.file ?? recipe.fsPath);
    // Somebody else may have written a file's name into the events.
    const ours = [recipe, ...this.documents.recipes(), ...this.documents.models()];
    const known = ours.find(({ fsPath }) => fsPath === named);
    const file = known ?? recipe;
    const document = await vscode.workspace.openTextDocument(file);
    const number = known ? (event.line ?? 1) : 1;
    const line = document.lineAt(Math.min(number - 1, document.lineCount - 1));
    const start = line.range.start.with({ character: line.firstNonWhitespaceCharacterIndex });
    const name = path.basename(folder ?? recipe.fsPath);
    const text = `Run ${name} ${end.message}${step > 0 ? ` (after step ${step})` : ""}`;
    const failure = new vscode.Diagnostic(line.range.with({ start }), text);
    failure.source = "trainsmith run";
    const suggested = known ? event.change : null;
    const change = suggested ? { key: suggested.key, value: yamlOf(suggested.value) } : undefined;
    this.forget(recipe);
    this.remedies.set(failure, { recipe, change });
    this.found.set(file, [failure]);
    return {
      goToLine: async () => {
        const { start: place } = (this.at(file) ?? failure).range;
        const selection = new vscode.Range(place, place);
        await vscode.window.showTextDocument(document, { selection });
      },
      applyFix:
        change &&
        (async () => {
          const edit = await this.editOf(recipe, change);
          if (edit) await vscode.workspace.applyEdit(edit);
          await vscode.window.showTextDocument(document);
        }),
    };
  }

  private editOf(
    recipe: vscode.Uri,
    { key, value }: Change,
  ): Promise<vscode.WorkspaceEdit | undefined> {
    return this.server.writeOverrides(recipe, [`${key}=${value}`]);
  }

  private at(file: vscode.Uri): vscode.Diagnostic | undefined {
    const [failure] = this.found.get(file) ?? [];
    return failure;
  }

  /** Remove the failure of a recipe's last run, in whichever file it is shown. */
  private forget(recipe: vscode.Uri): void {
    this.found.forEach((file, [failure]) => {
      const remedy = failure && this.remedies.get(failure);
      if (remedy?.recipe.fsPath === recipe.fsPath) this.remove(file);
    });
  }

  private remove(file: vscode.Uri): void {
    const failure = this.at(file);
    if (failure) this.remedies.delete(failure);
    this.found.delete(file);
  }

  /** Move the failure with its line when other lines change; an edit of the line removes it. */
  private follow({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    for (const { range, text } of contentChanges) {
      const failure = this.at(document.uri);
      if (!failure) return;
      const { line } = failure.range.start;
      const added = text.split("\n").length - 1 - (range.end.line - range.start.line);
      const before =
        range.end.line < line || (range.end.line === line && range.end.character === 0);
      if (range.start.line > line) continue;
      if (!before) {
        this.remove(document.uri);
        return;
      }
      const { start, end } = failure.range;
      failure.range = new vscode.Range(start.translate(added), end.translate(added));
      this.found.set(document.uri, [failure]);
    }
  }
}
