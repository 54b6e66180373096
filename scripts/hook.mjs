// Runs a tool that `npm run setup` installed, on every platform; .pre-commit-config.yaml calls it.
import fs from "node:fs";

import { bin, main, run, venv } from "./lib/run.mjs";

await main(async () => {
  const [tool, ...args] = process.argv.slice(2);
  const program = fs.existsSync(venv(tool)) ? venv(tool) : bin(tool);
  return (await run(program, args, { show: true })).code;
});
