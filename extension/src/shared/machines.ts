import * as path from "node:path";

/** Windows' names of devices; pipes and shares have such names, too. */
const DEVICE = /^(?:\\\\[.?]\\|\\\?\?\\)/;
const SHARE = /^\\\\([^\\]*)/;
const MOUNTED = /^(?:\/System\/Volumes\/Data)?\/+(?:net|Network\/Servers|afs)\/([^/]+)/i;
/** Folders with links to anywhere, such as `/proc/self/root`. */
const PROCESS = /^\/+(?:proc|dev\/fd)\//;
const A_DEVICE = "?";

/**
 * Whether an absolute path is on another machine than this one and those of some folders. Looking
 * at such a path connects to that machine. `schemas/trainsmith_schemas/machines.py` says more.
 */
export function isElsewhere(
  file: string,
  homes: readonly string[],
  windows = process.platform === "win32",
): boolean {
  const machine = machineOf(file, windows);
  if (machine === "") return false;
  return machine === A_DEVICE || !homes.some((home) => machineOf(home, windows) === machine);
}

/** The name of the machine; empty for this one. */
function machineOf(file: string, windows: boolean): string {
  if (!windows) {
    const normal = path.posix.normalize(file);
    return PROCESS.test(normal) ? A_DEVICE : (MOUNTED.exec(normal)?.[1]?.toLowerCase() ?? "");
  }
  const native = file.replaceAll("/", "\\");
  return DEVICE.test(native) ? A_DEVICE : (SHARE.exec(native)?.[1]?.toLowerCase() ?? "");
}
