import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";

import * as vscode from "vscode";

import type { Server } from "../client";
import type { LastEditor } from "../editors";
import { recipeDocument } from "./runRecipe";

const run = promisify(execFile);
const SCHEME = "trainsmith-comparison";

/** Texts of comparisons, shown in tabs that cannot be edited. */
export class Comparisons implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(
    SCHEME,
    this,
  );

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? "";
  }

  async show(title: string, text: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: title });
    this.texts.set(uri.toString(), text);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, {
      viewColumn: vscode.ViewColumn.Beside,
      preserveFocus: true,
    });
  }

  dispose(): void {
    this.registration.dispose();
  }
}

/**
 * Compare a recipe's last run with the one before it: settings, losses, curves. Where there is one
 * run only, show what has changed in the recipe since.
 */
export async function compareWithLastRun(
  server: Server,
  editors: LastEditor,
  comparisons: Comparisons,
  recipe: unknown,
): Promise<void> {
  const { uri } = await recipeDocument(editors, recipe);
  const [last, before] = (await server.runs(uri)).filter(({ smoke }) => !smoke);
  if (!last) throw new Error("There is no run of this recipe yet to compare with.");
  if (!before) {
    const then = vscode.Uri.file(path.join(last.folder, "config.yaml"));
    const title = `${last.name} ↔ ${path.basename(uri.fsPath)}`;
    await vscode.commands.executeCommand("vscode.diff", then, uri, title);
    return;
  }
  const { python } = server;
  if (!python) return;
  const folder = path.dirname(last.folder);
  const { stdout } = await run(
    python.program,
    [...python.args, "-m", "trainsmith", "compare", "--in", folder, before.folder, last.folder],
    { cwd: folder, env: { ...process.env, ...server.environment() } },
  ).catch((error: unknown) => {
    const { stderr } = error as { stderr?: string };
    throw new Error(stderr ? stderr.trim() : String(error));
  });
  await comparisons.show(`${before.name} ↔ ${last.name}`, stdout);
}
