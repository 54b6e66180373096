// Loaded when the server starts, since the client library is most of the extension's code.
import * as vscode from "vscode";
import {
  type ConfigurationRequest,
  DidChangeWatchedFilesNotification,
  FileChangeType,
  LanguageClient,
  type LanguageClientOptions,
  type ServerOptions,
  State,
  type StaticFeature,
} from "vscode-languageclient/node";

import { LANGUAGE_SERVER_ID, SUGGEST_AGAIN } from "../generated/protocol";
import { privacyRestriction } from "../shared/privacy";

export type ServerState = "starting" | "running" | "stopped";

const STATES: Record<State, ServerState> = {
  [State.Starting]: "starting",
  [State.Running]: "running",
  [State.Stopped]: "stopped",
};

/** The settings for the server, in which no workspace lifts the user's restriction. */
const restricted: ConfigurationRequest.MiddlewareSignature = async (params, token, next) => {
  const answers = await next(params, token);
  const privacy = privacyRestriction();
  if (!Array.isArray(answers) || privacy === undefined) return answers;
  return answers.map((answer: object) => ({ ...answer, privacy }));
};

/** Tells the server which of VS Code's commands it may attach to completions. */
const COMMANDS: StaticFeature = {
  fillClientCapabilities: (capabilities) => {
    capabilities.experimental = { commands: { commands: [SUGGEST_AGAIN] } };
  },
  initialize: () => undefined,
  getState: () => ({ kind: "static" }),
  clear: () => undefined,
};

/** A client that shows no errors caused by being stopped. */
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
        // A remote repository that is browsed without a clone; paths in its files are not checked.
        { scheme: "vscode-vfs", language: "yaml" },
      ],
      outputChannel,
      middleware: { workspace: { configuration: restricted } },
    };
    super(LANGUAGE_SERVER_ID, "Trainsmith", server, options);
    this.registerFeature(COMMANDS);
    this.onDidChangeState(({ newState }) => {
      onState(STATES[newState]);
    });
  }

  /** Notify the server that a file has changed. */
  notifyOfChange(file: string): Promise<void> {
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
