// `npm run demo`: check the sample, train it for about a minute, and show the result.
import fs from "node:fs";
import path from "node:path";

import { Failure, main, ROOT, run, venv } from "./lib/run.mjs";
import { setup } from "./setup.mjs";

const SAMPLE = path.join("examples", "shakespeare");
const RUNS = path.join("demo-output");

await main(async () => {
  await setup({ extras: ["train"], node: false });

  heading("1. Check the sample workspace with `trainsmith check`");
  await run(venv("trainsmith"), ["check", SAMPLE], { show: true });

  heading("2. Train examples/shakespeare/training.yaml on this machine, about a minute");
  const name = freeName();
  const { code } = await run(
    venv("trainsmith"),
    [
      ...["train", path.join(SAMPLE, "training.yaml"), "--name", name],
      ...["--set", `training_config.checkpoint_dir=${RUNS}`],
    ],
    { show: true },
  );
  if (code !== 0) throw new Failure("Training failed; the output above shows why.");

  heading("3. The result");
  const folder = path.join(RUNS, name);
  const events = readEvents(path.join(ROOT, folder, "events.jsonl"));
  const steps = events.filter(({ event }) => event === "step");
  const finished = events.find(({ event }) => event === "run_finished");
  console.log(`Loss before  ${steps[0].loss.toFixed(3)}`);
  console.log(`Loss after   ${finished.loss.toFixed(3)}`);
  if (finished.validation_loss !== null) {
    console.log(`Validation   ${finished.validation_loss.toFixed(3)}`);
  }
  console.log("\nText from the trained model:\n");
  await run(
    venv("trainsmith"),
    ["generate", folder, "--prompt", "ROMEO.\n", "--temperature", "0.8", "--max-new-tokens", "200"],
    { show: true },
  );
  console.log(`\nThe curve        ${path.join(folder, "training_curves.png")}`);
  console.log(`The final model  ${path.join(folder, finished.final)}`);
});

function heading(text) {
  console.log(`\n\x1b[1m${text}\x1b[0m\n`);
}

/** A name that no earlier run of the demo has. */
function freeName() {
  for (let number = 1; ; number += 1) {
    const name = `demo-${number}`;
    if (!fs.existsSync(path.join(ROOT, RUNS, name))) return name;
  }
}

function readEvents(file) {
  return fs
    .readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}
