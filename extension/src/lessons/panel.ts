import * as vscode from "vscode";

import type { LastEditor } from "../editors";
import { page } from "../webviews";
import type { Lesson } from "./lesson";
import { LINKED_COMMANDS, renderMarkdown } from "./render";

/** What the page asks for when a button is pressed. */
interface PageMessage {
  readonly action: "copy" | "insert";
  readonly text: string;
}

const panels = new Map<string, vscode.WebviewPanel>();

/** Show a lesson beside the editor; one that is open already comes to the front. */
export function showLesson(
  context: vscode.ExtensionContext,
  editors: LastEditor,
  lesson: Lesson,
): void {
  const open = panels.get(lesson.folder);
  if (open) {
    open.reveal();
    return;
  }
  const media = vscode.Uri.joinPath(context.extensionUri, "dist", "webview");
  const panel = vscode.window.createWebviewPanel(
    "trainsmithLesson",
    lesson.title,
    vscode.ViewColumn.Beside,
    {
      enableScripts: true,
      enableFindWidget: true,
      enableCommandUris: [...LINKED_COMMANDS],
      localResourceRoots: [media],
    },
  );
  panels.set(lesson.folder, panel);
  panel.onDidDispose(() => panels.delete(lesson.folder));
  panel.webview.onDidReceiveMessage((message: PageMessage) => answer(message, editors));
  panel.webview.html = page(panel.webview, media, {
    title: lesson.title,
    name: "lesson",
    body: `<main>
<p class="meta">Lesson · about ${lesson.minutes} minutes</p>
${renderMarkdown(lesson.markdown)}
</main>`,
  });
}

async function answer({ action, text }: PageMessage, editors: LastEditor): Promise<void> {
  if (action === "copy") await vscode.env.clipboard.writeText(text);
  else await insert(text, editors.yaml());
}

/** Put a block on lines of its own after the cursor's line, or into a new document. */
async function insert(text: string, editor: vscode.TextEditor | undefined): Promise<void> {
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
