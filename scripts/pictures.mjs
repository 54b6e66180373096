// `npm run pictures`: takes the README's screenshots in a real workbench during real training.
import { bin, main, run } from "./lib/run.mjs";
import { packageExtension } from "./package.mjs";
import { setup } from "./setup.mjs";
import { setupWorkbench } from "./workbench.mjs";

await main(async () => {
  await setup();
  await setupWorkbench();
  await packageExtension();
  const config = ["--config", "tests/e2e/pictures.config.ts"];
  return (await run(bin("playwright"), ["test", ...config], { show: true })).code;
});
