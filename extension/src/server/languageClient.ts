// Loaded when the server is started: it is most of what the extension has to load at all.
import * as vscode from "vscode";
import {
  DidChangeWatchedFilesNotification,
  FileChangeType,
  LanguageClient,
  type LanguageClientOptions,
  type ServerOptions,
  State,
} from "vscode-languageclient/node";

import { LANGUAGE_SERVER_ID } from "../generated/protocol";

export type ServerState = "starting" | "running" | "stopped";

const STATES: Record<State, ServerState> = {
  [State.Starting]: "starting",
  [State.Running]: "running",
  [State.Stopped]: "stopped",
};

/** A client that says nothing to the user about what fails because it is being stopped. */
export class Client extends LanguageClient {
  private retired = false;

  constructor(
    server: ServerOptions,
    outputChannel: vscode.LogOutputChannel,
    onState: (state: ServerState) => void,
  ) {
    const options: LanguageClientOptions = {
      documentSelector: [
        { scheme: "file", language: "yaml" },
        { scheme: "untitled", language: "yaml" },
        // A repository that is read without a disk; paths in its files are not looked for.
        { scheme: "vscode-vfs", language: "yaml" },
      ],
      outputChannel,
    };
    super(LANGUAGE_SERVER_ID, "Trainsmith", server, options);
    this.onDidChangeState(({ newState }) => {
      onState(STATES[newState]);
    });
  }

  /** Tell the server that a file has changed. */
  tellOfChange(file: string): Promise<void> {
    return this.sendNotification(DidChangeWatchedFilesNotification.type, {
      changes: [{ uri: vscode.Uri.file(file).toString(), type: FileChangeType.Changed }],
    });
  }

  retire(): Promise<void> {
    this.retired = true;
    return this.dispose();
  }

  override error(message: string, data?: unknown, showNotification?: boolean | "force"): void {
    super.error(message, data, this.retired ? false : showNotification);
  }
}
