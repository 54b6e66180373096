// `npm run generate`: write the files that are generated from the schemas and the rules.
import { main, run, venv } from "./lib/run.mjs";
import { setup } from "./setup.mjs";

await main(async () => {
  await setup();
  const args = ["scripts/generate.py", ...process.argv.slice(2)];
  return (await run(venv("python"), args, { show: true })).code;
});
