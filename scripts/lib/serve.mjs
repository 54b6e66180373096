// Starts a workbench: code-server with the extension installed, in temporary folders.
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";

import { Failure, run, start, venv } from "./run.mjs";

const START_MILLISECONDS = 60_000;

/** Settings of the machine rather than the user: the project's Python. */
const MACHINE_SETTINGS = { "trainsmith.python.path": venv("python") };

/** Settings that turn off first-run pages, prompts and network access. */
const SETTINGS = {
  "chat.commandCenter.enabled": false,
  "chat.disableAIFeatures": true,
  "editor.minimap.enabled": false,
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "extensions.ignoreRecommendations": true,
  "files.simpleDialog.enable": true,
  "git.enabled": false,
  "json.schemaDownload.enable": false,
  "npm.autoDetect": "off",
  "telemetry.telemetryLevel": "off",
  "terminal.integrated.gpuAcceleration": "off",
  "terminal.integrated.showTerminalConfigPrompt": false,
  "update.mode": "none",
  "update.showReleaseNotes": false,
  "window.commandCenter": false,
  "workbench.enableExperiments": false,
  "workbench.layoutControl.enabled": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.welcomePage.walkthroughs.openOnInstall": false,
};

/** Settings for a workspace that is not trusted, without a prompt. */
const UNTRUSTED = {
  "security.workspace.trust.banner": "always",
  "security.workspace.trust.startupPrompt": "never",
};

/**
 * Install a .vsix into a fresh workbench and serve it on a free local port. Resolves to {url, port,
 * process, stop, data, logs}. `settings` and `env` are added to the defaults, `extensions` are
 * further .vsix files to install, and with `trust: false` the workspace is not trusted.
 */
export async function startWorkbench(options) {
  const { entry, vsix, workspace, log } = options;
  const { settings = {}, env: added = {}, extensions = [], trust = true } = options;
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "trainsmith-workbench-"));
  const data = path.join(home, "data");
  writeSettings(path.join(data, "User"), {
    ...SETTINGS,
    ...(trust ? { "security.workspace.trust.enabled": false } : UNTRUSTED),
    ...settings,
  });
  writeSettings(path.join(data, "Machine"), MACHINE_SETTINGS);
  const config = path.join(home, "config.yaml");
  fs.writeFileSync(config, "bind-addr: 127.0.0.1:0\nauth: none\ncert: false\n");
  const folders = ["--config", config, "--user-data-dir", data];
  const common = [entry, ...folders, "--extensions-dir", path.join(home, "extensions")];
  const env = environment(home);
  const all = [vsix, ...extensions].flatMap((file) => ["--install-extension", file]);
  const installed = await run(process.execPath, [...common, ...all], { env });
  if (installed.code !== 0) throw new Failure(`The .vsix did not install:\n${installed.output}`);

  const port = await freePort();
  const output = log ? fs.openSync(log, "a") : "ignore";
  const server = start(
    process.execPath,
    [
      ...common,
      ...["--bind-addr", `127.0.0.1:${port}`, "--auth", "none", "--disable-telemetry"],
      ...["--disable-update-check", "--disable-proxy"],
      ...(trust ? ["--disable-workspace-trust"] : []),
      ...["--disable-getting-started-override", workspace],
    ],
    // A process group of its own, so that stopping it stops the extension host and its children.
    {
      env: { ...env, ...added },
      stdio: ["ignore", output, output],
      detached: true,
    },
  );
  const stop = async () => {
    const exited = new Promise((resolve) => server.once("exit", resolve));
    signalGroup(server, "SIGTERM");
    const timer = setTimeout(() => signalGroup(server, "SIGKILL"), 5000);
    if (server.exitCode === null && server.signalCode === null) await exited;
    clearTimeout(timer);
    fs.rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  };
  process.once("exit", () => signalGroup(server, "SIGKILL"));
  const healthy = `http://127.0.0.1:${port}/healthz`;
  const began = Date.now();
  while (
    !(await fetch(healthy).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (server.exitCode !== null || Date.now() - began > START_MILLISECONDS) {
      await stop();
      throw new Failure(`The workbench did not start${log ? `; see ${log}` : ""}.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const url = `http://127.0.0.1:${port}/?folder=${encodeURIComponent(workspace)}`;
  return { url, port, process: server, stop, data, logs: path.join(data, "logs") };
}

function writeSettings(folder, settings) {
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, "settings.json"), JSON.stringify(settings, null, 2));
}

/** The environment without anything that affects the user's VS Code or contacts a gallery. */
function environment(home) {
  const folders = { HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home };
  for (const name of Object.keys(process.env)) {
    if (/^(VSCODE_|ELECTRON_)/.test(name) || name === "NODE_OPTIONS") delete process.env[name];
  }
  return { ...folders, EXTENSIONS_GALLERY: '{"serviceUrl":""}', CS_DISABLE_FILE_DOWNLOADS: "1" };
}

function signalGroup(server, signal) {
  try {
    process.kill(-server.pid, signal);
  } catch {
    // It has already exited.
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
