import * as path from "node:path";

import * as vscode from "vscode";
import type { WorkspaceEdit as ProtocolEdit } from "vscode-languageclient/node";

import {
  COMMANDS,
  type DocumentStatus,
  type OverrideProblem,
  PRIVACY_VARIABLE,
  REQUESTS,
  type Run,
  type RunPlan,
  type Setting,
  type Templates,
} from "../generated/protocol";
import { usable } from "../python/interpreters";
import { choosePython, type Python } from "../python/python";
import { privacyRestriction } from "../shared/privacy";
import { type Checkout, checkoutOf } from "./checkout";
import type { Client, ServerState } from "./languageClient";

/** The language server that comes with the extension, and the Python that runs it. */
export class Server implements vscode.Disposable {
  private client: Client | undefined;
  private starting: Promise<void> | undefined;
  private readonly status: vscode.LanguageStatusItem;
  private readonly checkout: Checkout | undefined;

  /** The Python found by `start`; it runs training too. */
  python: Python | undefined;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.status = vscode.languages.createLanguageStatusItem("server", { language: "yaml" });
    this.status.name = "Trainsmith";
    const development = context.extensionMode === vscode.ExtensionMode.Development;
    const { env, platform } = process;
    this.checkout = checkoutOf(development, context.extensionPath, env, platform);
    this.status.command = { title: "Restart", command: COMMANDS.restartServer };
  }

  /** Start the server, or wait until it has started. */
  start(): Promise<void> {
    return this.starting ?? this.restart();
  }

  /** Stop the server if it runs, and start it with the current settings. */
  restart(): Promise<void> {
    // A client that is starting cannot be stopped, so wait for it.
    const before = (this.starting ?? Promise.resolve()).catch(() => undefined);
    this.starting = before.then(() => this.stop()).then(() => this.launch());
    return this.starting;
  }

  /**
   * What Run Training needs to know about a document; `undefined` if there is no Python, which was
   * reported to the user.
   */
  async runPlan(uri: vscode.Uri): Promise<RunPlan | undefined> {
    await this.start().catch(() => undefined);
    // It may start now, if the user has chosen or installed another Python meanwhile.
    if (!this.client) await this.restart();
    return this.request<RunPlan>(REQUESTS.runPlan, { uri: uri.toString() });
  }

  /** The kind of a document; `undefined` if there is no server. */
  documentStatus(uri: vscode.Uri): Promise<DocumentStatus | undefined> {
    return this.request<DocumentStatus>(REQUESTS.documentStatus, { uri: uri.toString() });
  }

  /** The runs of a recipe, newest first. */
  async runs(uri: vscode.Uri): Promise<readonly Run[]> {
    return (await this.request<Run[]>(REQUESTS.runs, { uri: uri.toString() })) ?? [];
  }

  /** The runs in some folders that a process is training now; `undefined` without a server. */
  runningRuns(folders: readonly string[]): Promise<readonly Run[] | undefined> {
    return this.request<Run[]>(REQUESTS.runningRuns, { folders });
  }

  /**
   * Notify the server that a run has started or ended. VS Code's file watcher misses files in a
   * folder that was created together with its parent, as the first run's folder is.
   */
  async notifyOfRun(events: string): Promise<void> {
    await this.client?.notifyOfChange(events);
  }

  /** The settings that a run of a recipe can override. */
  async settings(uri: vscode.Uri): Promise<readonly Setting[]> {
    return (await this.request<Setting[]>(REQUESTS.settings, { uri: uri.toString() })) ?? [];
  }

  /** The problems that overrides, each `section.key=value`, would cause. */
  async overrideProblems(
    uri: vscode.Uri,
    overrides: readonly string[],
  ): Promise<readonly OverrideProblem[]> {
    const params = { uri: uri.toString(), overrides };
    return (await this.request<OverrideProblem[]>(REQUESTS.checkOverrides, params)) ?? [];
  }

  /** The edit that writes overrides into the recipe or its model file. */
  async writeOverrides(
    uri: vscode.Uri,
    overrides: readonly string[],
  ): Promise<vscode.WorkspaceEdit | undefined> {
    const params = { uri: uri.toString(), overrides };
    const edit = await this.request<ProtocolEdit>(REQUESTS.writeOverrides, params);
    return this.client?.protocol2CodeConverter.asWorkspaceEdit(edit);
  }

  /** The templates of new recipes; `undefined` if there is no server. */
  templates(): Promise<Templates | undefined> {
    return this.request<Templates>(REQUESTS.templates, {});
  }

  /**
   * The trainer's environment. Python imports the packages bundled with the extension before the
   * user's, and nothing from the working directory, which may contain anything. The privacy setting
   * is passed on.
   */
  environment(): Record<string, string> {
    const privacy = privacyRestriction();
    // A recipe cannot override this variable.
    const variable = privacy ? { [PRIVACY_VARIABLE]: privacy } : {};
    return { ...this.packages(), ...variable };
  }

  /**
   * The arguments with which a Python runs `trainsmith` from any working directory. With `-m`, Python
   * before 3.11 would import from that directory first.
   */
  trainsmith(): readonly string[] {
    const folder = this.checkout?.system ?? this.bundled();
    return [path.join(folder, "trainsmith_system", "start.py"), "trainsmith"];
  }

  dispose(): void {
    this.status.dispose();
    void this.stop();
  }

  /**
   * The server's response; `undefined` if there is no server. If the server was restarted during
   * the request, for example by a changed setting, the request is sent again.
   */
  private async request<T>(method: string, params: object): Promise<T | undefined> {
    await this.start();
    const { client } = this;
    try {
      return await client?.sendRequest<T>(method, params);
    } catch (error) {
      if (client === this.client) throw error;
      return this.request<T>(method, params);
    }
  }

  private async stop(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    await client?.retire();
  }

  private async launch(): Promise<void> {
    this.show("Trainsmith is starting", vscode.LanguageStatusSeverity.Information, true);
    const venv = this.checkout && (await usable(this.checkout.python));
    this.python = venv ?? (await choosePython(this.log));
    if (!this.python) {
      this.show("Trainsmith has no Python", vscode.LanguageStatusSeverity.Error);
      return;
    }
    const { program, args, version } = this.python;
    this.log.info(`Language server: ${program} (Python ${version})`);
    const server = {
      command: program,
      args: [...args, ...(this.checkout?.debugger ?? []), "-m", "trainsmith", "lsp"],
      // Python before 3.11 imports from the working directory first, so it must not be the
      // workspace.
      options: { cwd: this.bundled(), env: { ...process.env, ...this.packages() } },
    };
    const { Client } = await import("./languageClient");
    const client = new Client(server, this.log, (state) => {
      this.showState(state);
    });
    await client.start();
    this.client = client;
  }

  private packages(): Record<string, string> {
    const inherited = process.env.PYTHONPATH;
    const paths = [...this.folders(), ...(inherited ? [inherited] : [])];
    return { PYTHONPATH: paths.join(path.delimiter), PYTHONSAFEPATH: "1", PYTHONUTF8: "1" };
  }

  /** A folder of packages bundled with the extension; no other program writes to it. */
  bundled(): string {
    return this.folders()[0];
  }

  private folders(): readonly [string, ...string[]] {
    return this.checkout?.packages ?? [this.context.asAbsolutePath("bundled")];
  }

  private showState(state: ServerState): void {
    const { Error, Information } = vscode.LanguageStatusSeverity;
    if (state === "running") this.show("Trainsmith is ready", Information);
    else if (state === "starting") this.show("Trainsmith is starting", Information, true);
    else this.show("Trainsmith has stopped", Error);
  }

  private show(text: string, severity: vscode.LanguageStatusSeverity, busy = false): void {
    this.status.text = text;
    this.status.severity = severity;
    this.status.busy = busy;
  }
}
