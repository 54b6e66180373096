import * as path from "node:path";

/** The variable with the port on which the debugger waits; .vscode/launch.json sets it. */
export const DEBUG_PORT = "TRAINSMITH_DEBUG_PORT";

/** How the server runs from a checkout of the repository, in an extension development host. */
export interface Checkout {
  /** The Python of the project's virtual environment. */
  readonly python: { readonly program: string; readonly args: readonly string[] };
  /** The folders of our Python packages. */
  readonly packages: readonly [string, ...string[]];
  /** The folder of the package that starts the others. */
  readonly system: string;
  /** Arguments before `-m trainsmith` that connect the server to a waiting debugger. */
  readonly debugger: readonly string[];
}

/** The checkout at `root`; `undefined` for an installed extension. */
export function checkoutOf(
  development: boolean,
  root: string,
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): Checkout | undefined {
  if (!development) return undefined;
  const program = platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"];
  const folder = (name: string): string => path.join(root, name);
  const port = env[DEBUG_PORT];
  return {
    python: { program: path.join(root, ".venv", ...program), args: [] },
    packages: [
      folder("cli"),
      folder("schemas"),
      folder("server"),
      folder("system"),
      folder("trainer"),
    ],
    system: folder("system"),
    debugger: port ? ["-m", "debugpy", "--connect", `127.0.0.1:${port}`] : [],
  };
}
