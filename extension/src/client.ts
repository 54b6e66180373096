import * as vscode from "vscode";
import { LanguageClient, type LanguageClientOptions } from "vscode-languageclient/node";

import { LANGUAGE_SERVER_ID, RUN_PLAN, type RunPlan } from "./generated/protocol";
import { choosePython, type Python } from "./python";

/** The language server that comes with the extension, and the Python that runs it. */
export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private starting: Promise<void> | undefined;
  private readonly status: vscode.LanguageStatusItem;

  /** The Python found by `start`; it runs training too. */
  python: Python | undefined;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.status = vscode.languages.createLanguageStatusItem("server", { language: "yaml" });
    this.status.name = "Trainsmith";
  }

  /** Start the server, or wait for the start that is under way. */
  start(): Promise<void> {
    this.starting ??= this.launch().catch((error: unknown) => {
      this.starting = undefined;
      this.show("Trainsmith could not start", vscode.LanguageStatusSeverity.Error);
      throw error;
    });
    return this.starting;
  }

  async restart(): Promise<void> {
    await this.client?.dispose();
    this.client = undefined;
    this.starting = undefined;
    await this.start();
  }

  /** What Run Training needs to know of a document. */
  async runPlan(uri: vscode.Uri): Promise<RunPlan> {
    await this.start();
    if (!this.client) throw new Error("The language server isn't running.");
    return this.client.sendRequest<RunPlan>(RUN_PLAN, { uri: uri.toString() });
  }

  /** The environment in which Python finds the packages that come with the extension. */
  environment(): Record<string, string> {
    return { PYTHONPATH: this.context.asAbsolutePath("bundled"), PYTHONUTF8: "1" };
  }

  dispose(): void {
    this.status.dispose();
    void this.client?.dispose();
  }

  private async launch(): Promise<void> {
    this.show("Trainsmith is starting", vscode.LanguageStatusSeverity.Information, true);
    this.python = await choosePython(this.log);
    if (!this.python) {
      this.show("Trainsmith has no Python", vscode.LanguageStatusSeverity.Error);
      return;
    }
    const { program, args, version } = this.python;
    this.log.info(`Language server: ${program} (Python ${version})`);
    const options: LanguageClientOptions = {
      documentSelector: [
        { scheme: "file", language: "yaml" },
        { scheme: "untitled", language: "yaml" },
      ],
      outputChannel: this.log,
    };
    const server = {
      command: program,
      args: [...args, "-m", "trainsmith", "lsp"],
      options: { env: { ...process.env, ...this.environment() } },
    };
    this.client = new LanguageClient(LANGUAGE_SERVER_ID, "Trainsmith", server, options);
    await this.client.start();
    this.show(`Trainsmith is ready`, vscode.LanguageStatusSeverity.Information);
  }

  private show(text: string, severity: vscode.LanguageStatusSeverity, busy = false): void {
    this.status.text = text;
    this.status.severity = severity;
    this.status.busy = busy;
  }
}
