// Runs a tool that `npm run setup` installed, on every platform; .pre-commit-config.yaml calls it.
import fs from "node:fs";

import { bin, Failure, main, run, venv } from "./lib/run.mjs";

await main(async () => {
  const [tool, ...args] = process.argv.slice(2);
  const program = [venv(tool), bin(tool)].find((file) => fs.existsSync(file));
  if (!program) throw new Failure(`${tool} is not installed: npm run setup`);
  return (await run(program, args, { show: true })).code;
});
