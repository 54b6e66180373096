// `npm run editor`: opens the sample workspace in VS Code with the extension. Without a `code`
// command it starts a workbench in the browser, which runs until Ctrl-C.
import path from "node:path";

import { Failure, main, ROOT, run } from "./lib/run.mjs";
import { startWorkbench } from "./lib/serve.mjs";
import { packageExtension } from "./package.mjs";
import { setup } from "./setup.mjs";
import { setupWorkbench } from "./workbench.mjs";

const WORKSPACE = path.join(ROOT, "examples", "shakespeare");

await main(async () => {
  await setup();
  const vsix = await packageExtension();
  const installed = await run(...code(["--version"])).catch(() => undefined);
  if (installed?.code === 0) {
    await run(...code(["--install-extension", vsix, "--force"]), { show: true });
    return (await run(...code([WORKSPACE]), { show: true })).code;
  }
  const { entry } = await setupWorkbench();
  const server = await startWorkbench({ entry, vsix, workspace: WORKSPACE });
  console.log(`\nThe workbench is at ${server.url}\nCtrl-C stops it.`);
  await open(server.url);
  await new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, resolve);
    server.process.once("exit", resolve);
  });
  await server.stop();
  if (server.process.exitCode) throw new Failure("The workbench stopped unexpectedly.");
  return 0;
});

/** VS Code's command and its arguments; on Windows it is a command file, which `cmd` runs. */
function code(args) {
  if (process.platform !== "win32") return ["code", args];
  return [process.env.ComSpec ?? "cmd.exe", ["/d", "/c", "code.cmd", ...args]];
}

async function open(url) {
  const opener = { darwin: "open", win32: "explorer" }[process.platform] ?? "xdg-open";
  const hasDisplay = process.platform !== "linux" || process.env.DISPLAY;
  if (hasDisplay) await run(opener, [url]).catch(() => undefined);
}
