import * as vscode from "vscode";

import { COMMANDS, VIEWS } from "../generated/protocol";
import type { RunRecord, UnreadableRun } from "../generated/reports";
import type { Documents } from "../recipes/documents";
import {
  adviceText,
  changesInShort,
  changeText,
  countMatter,
  resultText,
} from "../shared/formatting";
import { plainText } from "../shared/plainText";
import type { RunList } from "./list";
import { recipeOfRun } from "./recipeOfRun";

const WARNING = new vscode.ThemeIcon("warning", new vscode.ThemeColor("list.warningForeground"));
const ICONS: Record<RunRecord["state"], vscode.ThemeIcon> = {
  running: new vscode.ThemeIcon("loading~spin"),
  finished: new vscode.ThemeIcon("pass", new vscode.ThemeColor("testing.iconPassed")),
  stopped: new vscode.ThemeIcon("debug-stop"),
  failed: new vscode.ThemeIcon("error", new vscode.ThemeColor("testing.iconFailed")),
  interrupted: WARNING,
};

type Row = RunRecord | UnreadableRun;

/** The view of all runs of the workspace, newest first, then of those that cannot be read. */
export class RunsView implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  private readonly view: vscode.TreeView<Row>;
  private readonly subscriptions: vscode.Disposable;

  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly list: RunList,
    private readonly documents: Documents,
  ) {
    this.view = vscode.window.createTreeView(VIEWS.runsView, {
      treeDataProvider: this,
      canSelectMany: true,
    });
    this.subscriptions = vscode.Disposable.from(
      this.changed,
      this.view,
      list.onDidChange(() => {
        this.changed.fire(undefined);
      }),
      this.view.onDidChangeVisibility(({ visible }) => {
        list.setVisible(visible);
      }),
    );
    list.setVisible(this.view.visible);
  }

  async getChildren(row?: Row): Promise<Row[]> {
    return row ? [] : [...(await this.list.all()), ...this.list.unreadable];
  }

  getTreeItem(row: Row): vscode.TreeItem {
    return isReadable(row) ? this.itemOf(row) : itemOfUnreadable(row);
  }

  private itemOf(run: RunRecord): vscode.TreeItem {
    const baseline = run.folder === this.list.baseline;
    const item = new vscode.TreeItem(plainText(run.name));
    const parts = [baseline ? "baseline" : "", resultText(run), changesInShort(run) ?? ""];
    item.id = run.folder;
    item.description = plainText(parts.filter((text) => text !== "").join(" · "));
    item.iconPath = ICONS[run.state];
    item.tooltip = tooltip(run);
    item.accessibilityInformation = {
      label: `${plainText(run.name)}, ${run.state}, ${item.description}`,
    };
    item.contextValue = [
      run.state,
      ...(baseline ? ["baseline"] : []),
      ...(run.parent === null && !this.list.baseline ? ["alone"] : []),
    ].join(" ");
    const recipe = recipeOfRun(run, this.documents.recipes());
    item.command = {
      title: "Show Training",
      command: COMMANDS.showTraining,
      arguments: [recipe.toString(), run.folder],
    };
    return item;
  }

  /** The runs that a command is for: those of the menu or the selection. */
  chosen(one: unknown, several: unknown): readonly RunRecord[] {
    const rows = Array.isArray(several) && several.length > 0 ? (several as Row[]) : undefined;
    return (rows ?? (one === undefined ? this.view.selection : [one as Row])).filter(isReadable);
  }

  dispose(): void {
    this.subscriptions.dispose();
  }
}

function isReadable(row: Row): row is RunRecord {
  return "state" in row;
}

function itemOfUnreadable({ name, folder, reason }: UnreadableRun): vscode.TreeItem {
  const item = new vscode.TreeItem(plainText(name));
  item.id = folder;
  item.description = "cannot be read";
  item.iconPath = WARNING;
  item.tooltip = plainText(`${folder} cannot be read: ${reason}`);
  item.accessibilityInformation = { label: plainText(`${name}, cannot be read: ${reason}`) };
  item.contextValue = "unreadable";
  return item;
}

function tooltip(run: RunRecord): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  const line = (words: string): void => {
    text.appendText(plainText(words)).appendMarkdown("\n\n");
  };
  text.appendMarkdown("**").appendText(plainText(run.name)).appendMarkdown("**\n\n");
  line(`${run.state}${run.smoke ? ", a smoke run" : ""}: ${resultText(run)}`);
  if (run.reason) line(run.reason);
  if (run.validation_loss !== null) line(`Validation loss ${run.validation_loss.toFixed(4)}`);
  if (run.best_validation_loss !== null) {
    line(`Best ${run.best_validation_loss.toFixed(4)} at step ${run.best_step ?? 0}`);
  }
  if (run.parent !== null) {
    line(`Since ${run.parent}: ${(run.changes ?? []).map(changeText).join("; ") || "no change"}`);
  }
  if (countMatter(run.changes) > 1) {
    line("More than one thing changed: no single one explains the result.");
  }
  for (const advice of run.advice) line(`Advice: ${adviceText(advice)}`);
  line(`Started ${new Date(run.started * 1000).toLocaleString()}`);
  return text;
}
