// Bundles the extension and its pages with esbuild: `npm run watch` into dist/, where the manifest
// expects the bundle, again after every change; `npm run package` into the .vsix.
import path from "node:path";
import { pathToFileURL } from "node:url";

import { Failure, main, ROOT } from "./lib/run.mjs";

const PAGES = ["comparison", "data", "lesson", "training"];

/** The builds: the extension for Node, and the pages for the browser inside a webview. */
function bundles(folder, shared) {
  const source = path.join(ROOT, "extension", "src");
  return [
    {
      ...shared,
      entryPoints: [path.join(source, "extension.ts")],
      outfile: path.join(folder, "extension.js"),
      platform: "node",
      format: "cjs",
      target: "node20",
      external: ["vscode"],
    },
    {
      ...shared,
      entryPoints: PAGES.flatMap((page) =>
        ["ts", "css"].map((ending) => path.join(source, "webview", `${page}.${ending}`)),
      ),
      outdir: path.join(folder, "webview"),
      target: "es2022",
    },
  ];
}

/**
 * Prints when a round of builds begins and ends. The problem matcher in .vscode/tasks.json waits
 * for these lines, and F5 waits for the problem matcher.
 */
function reporter() {
  let building = 0;
  return {
    name: "report",
    setup(build) {
      build.onStart(() => {
        if (building++ === 0) console.log("watch: build started");
      });
      build.onEnd(({ errors }) => {
        for (const { location, text } of errors) {
          const { file = "scripts/bundle.mjs", line = 1, column = 0 } = location ?? {};
          console.log(`${file}:${line}:${column + 1}: error: ${text}`);
        }
        if (--building === 0) console.log("watch: build finished");
      });
    },
  };
}

async function watch(folder) {
  const esbuild = await import("esbuild").catch(() => {
    throw new Failure("esbuild is not installed: npm run setup");
  });
  const plugins = [reporter()];
  const shared = {
    absWorkingDir: ROOT,
    bundle: true,
    sourcemap: true,
    logLevel: "silent",
    plugins,
  };
  for (const options of bundles(folder, shared)) await (await esbuild.context(options)).watch();
}

/** Write the bundles, and resolve to the names of the files that are in them. */
export async function build(folder) {
  // Imported here, since set-up installs it.
  const esbuild = await import("esbuild");
  const shared = {
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    metafile: true,
    logLevel: "warning",
  };
  const inputs = [];
  for (const options of bundles(folder, shared)) {
    const { metafile } = await esbuild.build(options);
    inputs.push(...Object.keys(metafile.inputs));
  }
  return inputs;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async () => {
    const watching = process.argv.includes("--watch");
    const [given] = process.argv.slice(2).filter((argument) => argument !== "--watch");
    await (watching ? watch : build)(given ?? path.join(ROOT, "dist"));
  });
}
