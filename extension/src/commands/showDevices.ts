import type { TrainingPython } from "../python/trainingPython";
import { runInTerminal } from "../runs/terminal";
import type { Server } from "../server/client";
import { mayRunPrograms } from "../shared/trust";

/** Show in a terminal what this machine can train on, as the Python that would train sees it. */
export async function showDevices(server: Server, training: TrainingPython): Promise<void> {
  if (!mayRunPrograms()) return;
  const python = await training.current();
  if (!python) throw new Error("There is no Python to run it with; the language status shows why.");
  await runInTerminal(server, python, ["devices"], { name: "devices", cwd: server.bundled() });
}
