import * as path from "node:path";

import * as vscode from "vscode";

import { VIEWS } from "../generated/protocol";
import type { EndedRun, FollowedRuns } from "./followed";
import { remedies, type Settings } from "./remedies";

/** The section whose keys are the model file's, and the key that names that file. */
const MODEL_SECTION = "transformer_config";
const MODEL_FILE = ["training_config", "model_config"];

/**
 * Why the last run of a recipe failed, on the line that caused it, with what mends it. It is gone
 * with the next run, or when that line is edited.
 */
export class Failures implements vscode.CodeActionProvider, vscode.Disposable {
  private readonly found = vscode.languages.createDiagnosticCollection(VIEWS.runsView);
  private readonly subscriptions: vscode.Disposable;

  constructor(runs: FollowedRuns) {
    this.subscriptions = vscode.Disposable.from(
      this.found,
      runs.onDidChange(() => {
        for (const { recipe } of runs.running) this.found.delete(recipe);
      }),
      runs.onDidEnd((run) => void this.show(run)),
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
    const failure = this.found.get(document.uri)?.find((one) => one.range.intersection(range));
    const key = failure && document.getText(failure.range);
    if (!key) return [];
    const keys = await keysBeside(document, failure.range.start.line);
    const settings: Settings = new Map([...keys].map(([name, { detail }]) => [name, detail]));
    return remedies(key, settings).map(({ title, values }, index) => {
      const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
      action.diagnostics = [failure];
      action.isPreferred = index === 0;
      action.edit = new vscode.WorkspaceEdit();
      for (const [name, value] of values) {
        const there = keys.get(name);
        if (there) action.edit.replace(document.uri, valueRange(document, there), value);
        else {
          const line = document.lineAt(failure.range.start.line);
          const indent = line.text.slice(0, line.firstNonWhitespaceCharacterIndex);
          action.edit.insert(document.uri, line.range.end, `\n${indent}${name}: ${value}`);
        }
      }
      return action;
    });
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  private async show({ recipe, folder, progress }: EndedRun): Promise<void> {
    const { end, step } = progress;
    if (end?.kind !== "failed") return;
    const document = await vscode.workspace.openTextDocument(recipe);
    const name = path.basename(folder ?? recipe.fsPath);
    const keys = (end.configPath ?? "").split(".");
    const range = await keyRange(document, keys[0] === MODEL_SECTION ? MODEL_FILE : keys);
    const text = `Run ${name} ${end.message}${step > 0 ? ` (after step ${step})` : ""}`;
    const failure = new vscode.Diagnostic(range, text, vscode.DiagnosticSeverity.Error);
    failure.source = "trainsmith run";
    this.found.set(recipe, [failure]);
  }

  /** Keep to the line while others change; an edit of the line itself answers it. */
  private follow({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    for (const { range, text } of contentChanges) {
      const [failure] = this.found.get(document.uri) ?? [];
      if (!failure) return;
      const { line } = failure.range.start;
      const added = text.split("\n").length - 1 - (range.end.line - range.start.line);
      const before =
        range.end.line < line || (range.end.line === line && range.end.character === 0);
      if (range.start.line > line) continue;
      if (!before) {
        this.found.delete(document.uri);
        return;
      }
      const { start, end } = failure.range;
      failure.range = new vscode.Range(start.translate(added), end.translate(added));
      this.found.set(document.uri, [failure]);
    }
  }
}

/** Where a key stands, or the nearest section that there is: the server's outline tells. */
async function keyRange(
  document: vscode.TextDocument,
  keys: readonly string[],
): Promise<vscode.Range> {
  let symbols = await outline(document);
  let found = new vscode.Range(0, 0, 0, 0);
  for (const key of keys) {
    const symbol = symbols.find(({ name }) => name === key);
    if (!symbol) break;
    found = symbol.selectionRange;
    symbols = symbol.children;
  }
  return found;
}

/** The keys of the section that has a line, by their names. */
async function keysBeside(
  document: vscode.TextDocument,
  line: number,
): Promise<ReadonlyMap<string, vscode.DocumentSymbol>> {
  const search = (symbols: readonly vscode.DocumentSymbol[]): readonly vscode.DocumentSymbol[] => {
    if (symbols.some(({ selectionRange }) => selectionRange.start.line === line)) return symbols;
    const around = symbols.find(({ range }) => range.start.line <= line && range.end.line >= line);
    return around ? search(around.children) : [];
  };
  return new Map(search(await outline(document)).map((symbol) => [symbol.name, symbol]));
}

async function outline(document: vscode.TextDocument): Promise<vscode.DocumentSymbol[]> {
  const command = "vscode.executeDocumentSymbolProvider";
  const found = await vscode.commands.executeCommand<vscode.DocumentSymbol[] | undefined>(
    command,
    document.uri,
  );
  return found ?? [];
}

/** Where the value of a key stands, which has it on its own line. */
function valueRange(document: vscode.TextDocument, symbol: vscode.DocumentSymbol): vscode.Range {
  const rest = new vscode.Range(symbol.selectionRange.end, symbol.range.end);
  const lead = /^\s*:\s*/.exec(document.getText(rest))?.[0].length ?? 0;
  return new vscode.Range(rest.start.translate(0, lead), rest.end);
}
