import * as vscode from "vscode";

import { CONTEXT_KEYS, type DocumentStatus } from "../generated/protocol";
import type { Server } from "../server/client";
import { remembered } from "../shared/remembered";

const YAML = "**/*.{yaml,yml}";
const MOST_FILES = 500;
const TYPING_MILLISECONDS = 300;
const RECIPE = "training";
const MODEL = "model";

/** The YAML files that the server recognises as ours; menus and the palette use context keys. */
export class Documents implements vscode.Disposable {
  private readonly known = new Map<string, DocumentStatus>();
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable;
  private typing: NodeJS.Timeout | undefined;

  /** Fires when the status of a file has changed or another file is in the editor. */
  readonly onDidChange = this.changed.event;

  constructor(private readonly server: Server) {
    const watcher = vscode.workspace.createFileSystemWatcher(YAML);
    const refresh = (uri: vscode.Uri): void => void this.refresh(uri);
    this.subscriptions = vscode.Disposable.from(
      this.changed,
      watcher,
      watcher.onDidCreate(refresh),
      watcher.onDidChange(refresh),
      watcher.onDidDelete((uri) => {
        this.forget(uri);
      }),
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        if (editor?.document.languageId === "yaml") refresh(editor.document.uri);
        this.changed.fire();
      }),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (document === active()) this.refreshSoon(document.uri);
      }),
      vscode.workspace.onDidChangeConfiguration(() => {
        const document = active();
        if (document) this.refreshSoon(document.uri);
      }),
    );
  }

  /** Scan the workspace, or wait until that is done. */
  readonly start = remembered(() => this.scanWorkspace());

  /** The recipes of the workspace. */
  recipes(): vscode.Uri[] {
    return this.paths(({ document }) => document === RECIPE).map((path) => vscode.Uri.file(path));
  }

  /** The model files of the workspace. */
  models(): vscode.Uri[] {
    return this.paths(({ document }) => document === MODEL).map((path) => vscode.Uri.file(path));
  }

  /** The status of the file in the editor, if it is ours. */
  active(): DocumentStatus | undefined {
    const document = active();
    return document && this.known.get(document.uri.fsPath);
  }

  dispose(): void {
    clearTimeout(this.typing);
    this.subscriptions.dispose();
  }

  /** Start with the file in the editor. */
  private async scanWorkspace(): Promise<void> {
    const document = active();
    if (document) await this.refresh(document.uri);
    for (const uri of await vscode.workspace.findFiles(YAML, undefined, MOST_FILES)) {
      await this.refresh(uri);
    }
  }

  private refreshSoon(uri: vscode.Uri): void {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => void this.refresh(uri), TYPING_MILLISECONDS);
  }

  private async refresh(uri: vscode.Uri): Promise<void> {
    if (uri.scheme !== "file" && uri.scheme !== "untitled") return;
    // A file that cannot be read is not ours.
    const status = await this.server.documentStatus(uri).catch(() => undefined);
    if (!status?.document) {
      this.forget(uri);
      return;
    }
    const before = this.known.get(uri.fsPath);
    this.known.set(uri.fsPath, status);
    if (before?.document !== status.document) this.updateContextKeys();
    this.changed.fire();
  }

  private forget(uri: vscode.Uri): void {
    if (this.known.delete(uri.fsPath)) this.updateContextKeys();
    this.changed.fire();
  }

  private updateContextKeys(): void {
    const set = (key: string, files: string[]): void => {
      // In a remote window, VS Code may write a path of the other machine as in its URI.
      const paths = files.flatMap((file) => [file, vscode.Uri.file(file).path]);
      void vscode.commands.executeCommand("setContext", key, paths);
    };
    set(
      CONTEXT_KEYS.recipes,
      this.paths(({ document }) => document === RECIPE),
    );
    set(
      CONTEXT_KEYS.files,
      this.paths(() => true),
    );
  }

  private paths(wanted: (status: DocumentStatus) => boolean): string[] {
    return [...this.known].filter(([, status]) => wanted(status)).map(([path]) => path);
  }
}

function active(): vscode.TextDocument | undefined {
  const document = vscode.window.activeTextEditor?.document;
  return document?.languageId === "yaml" ? document : undefined;
}
