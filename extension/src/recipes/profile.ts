import * as vscode from "vscode";

import { COMMANDS, type DocumentStatus, SETTINGS } from "../generated/protocol";
import type { Documents } from "./documents";
import { pick } from "../shared/notify";

const AUTO = "auto";
const COMMENT = /^(\s*#\s*trainsmith:.*?\bprofile\s*=\s*)\S*/;

const REASONS: Record<DocumentStatus["chosenBy"], string> = {
  comment: "set by a comment in the file",
  settings: "set in the settings",
  keys: "detected from its keys",
};

/** Shows in the language status for which trainer the file in the editor is checked. */
export class ProfileStatus implements vscode.Disposable {
  private item: vscode.LanguageStatusItem | undefined;
  private readonly subscription: vscode.Disposable;

  constructor(private readonly documents: Documents) {
    this.subscription = documents.onDidChange(() => {
      this.show();
    });
  }

  dispose(): void {
    this.subscription.dispose();
    this.item?.dispose();
  }

  /** There is no item if the file in the editor is not ours. */
  private show(): void {
    const status = this.documents.active();
    if (!status?.profile) {
      this.item?.dispose();
      this.item = undefined;
      return;
    }
    this.item ??= vscode.languages.createLanguageStatusItem("profile", { language: "yaml" });
    this.item.name = "Trainsmith: profile";
    this.item.text = status.profile.title;
    this.item.detail = `trainer profile; ${REASONS[status.chosenBy]}`;
    this.item.command = { title: "Choose Profile", command: COMMANDS.chooseProfile };
  }
}

/** Let the user choose the trainer of the file in the editor, and where the choice is written. */
export async function chooseProfile(documents: Documents): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const status = documents.active();
  if (!editor || !status) throw new Error("Open a training recipe or a model file first.");
  const profile = await pickProfile(status);
  if (profile === undefined) return;
  const place = await pickPlace(profile);
  if (place === "comment") await writeComment(editor, profile);
  else if (place === "settings") {
    const target = vscode.workspace.workspaceFolders
      ? vscode.ConfigurationTarget.Workspace
      : vscode.ConfigurationTarget.Global;
    const value = profile === AUTO ? undefined : profile;
    await vscode.workspace.getConfiguration().update(SETTINGS.profile, value, target);
  }
}

async function pickProfile(status: DocumentStatus): Promise<string | undefined> {
  const now = status.chosenBy === "keys" ? AUTO : status.profile?.name;
  const choices = [
    { name: AUTO, title: "Automatic", about: "Detect the trainer from the file's keys." },
    ...status.choices,
  ].map(({ name, title, about }) => ({
    label: title,
    description: name === now ? `${name} (current)` : name,
    detail: about.replaceAll("`", ""),
    name,
  }));
  const picked = await pick(choices, {
    title: "Choose Profile",
    placeHolder: "The trainer that will read this file",
    matchOnDetail: true,
  });
  return picked?.name;
}

async function pickPlace(profile: string): Promise<"comment" | "settings" | undefined> {
  const comment = profile === AUTO ? "Remove the comment" : `# trainsmith: profile=${profile}`;
  const setting = `"${SETTINGS.profile}": "${profile}"`;
  const picked = await pick(
    [
      { label: "In This File", description: comment, place: "comment" as const },
      { label: "In the Settings", description: setting, place: "settings" as const },
    ],
    {
      title: "Choose Profile",
      placeHolder: "Where to write it; a comment in the file takes precedence",
    },
  );
  return picked?.place;
}

async function writeComment(editor: vscode.TextEditor, profile: string): Promise<void> {
  const { document } = editor;
  const lines = Array.from({ length: document.lineCount }, (_, line) => document.lineAt(line));
  const existing = lines.find(({ text }) => COMMENT.test(text));
  await editor.edit((edit) => {
    if (!existing) {
      if (profile !== AUTO) {
        edit.insert(new vscode.Position(0, 0), `# trainsmith: profile=${profile}\n`);
      }
    } else if (profile === AUTO) edit.delete(existing.rangeIncludingLineBreak);
    else edit.replace(existing.range, existing.text.replace(COMMENT, `$1${profile}`));
  });
}
