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
  SETTINGS,
  type Templates,
} from "../generated/protocol";
import { usable } from "../python/interpreters";
import { choosePython, type Python } from "../python/python";
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

  /** Start the server, or wait for the start that is under way. */
  start(): Promise<void> {
    return this.starting ?? this.restart();
  }

  /** Stop the server if there is one, and start it with the settings as they are now. */
  restart(): Promise<void> {
    // A client that is starting cannot be stopped, so one start waits for the other.
    const before = (this.starting ?? Promise.resolve()).catch(() => undefined);
    this.starting = before.then(() => this.stop()).then(() => this.launch());
    return this.starting;
  }

  /**
   * What Run Training needs to know of a document; `undefined` where there is no Python, which the
   * user has been told.
   */
  async runPlan(uri: vscode.Uri): Promise<RunPlan | undefined> {
    await this.start().catch(() => undefined);
    // It may start now: the user has chosen another Python since, or installed one.
    if (!this.client) await this.restart();
    return this.request<RunPlan>(REQUESTS.runPlan, { uri: uri.toString() });
  }

  /** What a document is; `undefined` where there is no server. */
  documentStatus(uri: vscode.Uri): Promise<DocumentStatus | undefined> {
    return this.request<DocumentStatus>(REQUESTS.documentStatus, { uri: uri.toString() });
  }

  /** The runs of a recipe, the newest first. */
  async runs(uri: vscode.Uri): Promise<readonly Run[]> {
    return (await this.request<Run[]>(REQUESTS.runs, { uri: uri.toString() })) ?? [];
  }

  /**
   * Tell the server that a run has begun or ended. The editor's own watcher does not see what is
   * written into folders that were made at once with the folder around them, as a first run's are.
   */
  async tellOfRun(events: string): Promise<void> {
    await this.client?.tellOfChange(events);
  }

  /** What a run of a recipe can be told. */
  async settings(uri: vscode.Uri): Promise<readonly Setting[]> {
    return (await this.request<Setting[]>(REQUESTS.settings, { uri: uri.toString() })) ?? [];
  }

  /** What settings for one run, each `section.key=value`, would make wrong. */
  async overrideProblems(
    uri: vscode.Uri,
    overrides: readonly string[],
  ): Promise<readonly OverrideProblem[]> {
    const params = { uri: uri.toString(), overrides };
    return (await this.request<OverrideProblem[]>(REQUESTS.checkOverrides, params)) ?? [];
  }

  /** The edit that writes such settings into the recipe or its model file. */
  async writeOverrides(
    uri: vscode.Uri,
    overrides: readonly string[],
  ): Promise<vscode.WorkspaceEdit | undefined> {
    const params = { uri: uri.toString(), overrides };
    const edit = await this.request<ProtocolEdit>(REQUESTS.writeOverrides, params);
    return this.client?.protocol2CodeConverter.asWorkspaceEdit(edit);
  }

  /** What a new recipe is made from; `undefined` where there is no server. */
  templates(): Promise<Templates | undefined> {
    return this.request<Templates>(REQUESTS.templates, {});
  }

  /**
   * The environment of the trainer: Python finds the packages that come with the extension, before
   * the user's own and never in the working directory, where anything could lie, and what the
   * setting keeps on this machine stays there.
   */
  environment(): Record<string, string> {
    const settings = vscode.workspace.getConfiguration();
    const privacy = settings.get<string>(SETTINGS.privacy);
    const usual = settings.inspect<string>(SETTINGS.privacy)?.defaultValue;
    // Nothing in a recipe overrides what the trainer is told in this way.
    const told = privacy && privacy !== usual ? { [PRIVACY_VARIABLE]: privacy } : {};
    return { ...this.packages(), ...told };
  }

  dispose(): void {
    this.status.dispose();
    void this.stop();
  }

  /**
   * The server's answer; `undefined` where there is no server. A request that was with a server
   * when that was replaced, as a changed setting does, goes to the next one.
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
    const own = this.checkout && (await usable(this.checkout.python));
    this.python = own ?? (await choosePython(this.log));
    if (!this.python) {
      this.show("Trainsmith has no Python", vscode.LanguageStatusSeverity.Error);
      return;
    }
    const { program, args, version } = this.python;
    this.log.info(`Language server: ${program} (Python ${version})`);
    const server = {
      command: program,
      args: [...args, ...(this.checkout?.debugger ?? []), "-m", "trainsmith", "lsp"],
      // Pythons before 3.11 import from the working directory first, so it is never the workspace.
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
    const own = process.env.PYTHONPATH;
    const paths = [...this.folders(), ...(own ? [own] : [])];
    return { PYTHONPATH: paths.join(path.delimiter), PYTHONSAFEPATH: "1", PYTHONUTF8: "1" };
  }

  /** A folder of packages that come with the extension; no other program writes into it. */
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
