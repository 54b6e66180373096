import * as fs from "node:fs/promises";
import * as path from "node:path";

import * as vscode from "vscode";

import type { LessonParts } from "./parts";
import { ask } from "../shared/notify";
import { quotedForCmd, quotedForSh } from "../shared/quoting";

const NAME = "Trainsmith Lesson";
const PROGRAM = "trainsmith";

/** Run a block in a terminal, after the user has seen and confirmed it. */
export async function runInTerminal(parts: LessonParts, text: string): Promise<void> {
  const button = "Run in Terminal";
  const answer = await ask("Run this in a terminal?", text.trim(), button);
  if (answer !== button) return;
  const open = vscode.window.terminals.find(
    ({ name, exitStatus }) => name === NAME && exitStatus === undefined,
  );
  const terminal = open ?? vscode.window.createTerminal({ name: NAME, env: await shell(parts) });
  terminal.show();
  terminal.sendText(text.trim());
}

/** An environment in which `trainsmith` is the program bundled with the extension. */
async function shell({ context, server, training }: LessonParts): Promise<Record<string, string>> {
  const python = await training.current();
  if (!python) throw new Error("There is no Python to run it with; the language status shows why.");
  const folder = path.join(context.globalStorageUri.fsPath, "bin");
  await fs.mkdir(folder, { recursive: true });
  const command = [python.program, ...python.args, ...server.trainsmith()];
  const script = `#!/bin/sh\nexec ${command.map(quotedForSh).join(" ")} "$@"\n`;
  await fs.writeFile(path.join(folder, PROGRAM), script, { mode: 0o755 });
  const batch = `@${command.map(quotedForCmd).join(" ")} %*\r\n`;
  await fs.writeFile(path.join(folder, `${PROGRAM}.cmd`), batch);
  const before = process.env.PATH ?? "";
  return { ...server.environment(), PATH: `${folder}${path.delimiter}${before}` };
}
