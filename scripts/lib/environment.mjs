// The environment of all tests, free of the machine's settings. tests/environment.json lists the
// variables that are kept and set; tests/environment.py applies it for pytest.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { ROOT } from "./run.mjs";

/** If this variable is set, the environment is clean, and its value is the home folder. */
const HOME = "TRAINSMITH_TEST_HOME";
const HOSTILE = "TRAINSMITH_TEST_HOSTILE";

/** The variables of an environment that tests see; `home` becomes their home folder. */
export function cleanVariables(variables, home) {
  const text = fs.readFileSync(path.join(ROOT, "tests", "environment.json"), "utf8");
  const { keeps, belowTheUsersHome, sets, setsWhenHostile } = JSON.parse(text);
  const kept = new RegExp(`^(${keeps.join("|")})$`, process.platform === "win32" ? "i" : "");
  const result = Object.fromEntries(Object.entries(variables).filter(([name]) => kept.test(name)));
  const user = variables.HOME ?? os.homedir();
  for (const [name, below] of Object.entries(belowTheUsersHome))
    result[name] ??= path.join(user, below);
  const all = { ...sets, ...(variables[HOSTILE] ? setsWhenHostile : {}) };
  for (const [name, value] of Object.entries(all))
    result[name] = value.replace("{home}", home).replace("{null}", os.devNull);
  return { ...result, [HOME]: home };
}

/** Clean the environment of this process, unless the parent process has done so. */
export function cleanEnvironment() {
  if (process.env[HOME]) return;
  const name = process.env[HOSTILE] ? "home with späces-" : "trainsmith-home-";
  const home = fs.mkdtempSync(path.join(os.tmpdir(), name));
  const clean = cleanVariables(process.env, home);
  for (const variable of Object.keys(process.env)) delete process.env[variable];
  Object.assign(process.env, clean);
  process.once("exit", () => fs.rmSync(home, { recursive: true, force: true }));
}

/** Unusual settings of a machine, which must not change any test result. */
export function hostileVariables(folder) {
  fs.rmSync(folder, { recursive: true, force: true });
  for (const name of ["pip", "git", "npm"])
    fs.mkdirSync(path.join(folder, name), { recursive: true });
  const write = (name, text) => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, text);
    return file;
  };
  const constraints = write("pip/constraints.txt", "torch<0.1\nnumpy<0.1\n");
  const pip = `[global]\nconstraint = "${constraints}"\nno-index = true\nuser = true\n`;
  const git =
    "[user]\n\tname = Odd\n[core]\n\tautocrlf = true\n\tquotePath = true\n" +
    "[commit]\n\tgpgSign = true\n[init]\n\tdefaultBranch = odd\n[apply]\n\twhitespace = error\n";
  const proxy = "http://127.0.0.1:9";
  return {
    [HOSTILE]: "1",
    XDG_CONFIG_HOME: folder,
    XDG_CONFIG_DIRS: folder,
    XDG_CACHE_HOME: path.join(os.devNull, "cache"),
    PIP_CONFIG_FILE: write("pip/pip.conf", pip),
    PIP_INDEX_URL: proxy,
    GIT_CONFIG_GLOBAL: write("git/config", git),
    GIT_DIR: path.join(folder, "nowhere"),
    npm_config_userconfig: write("npm/npmrc", `registry=${proxy}\noffline=true\n`),
    LANG: "C",
    LC_ALL: "C",
    TZ: "Etc/GMT-13",
    ...Object.fromEntries(
      ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].map((name) => [
        name,
        proxy,
      ]),
    ),
    PYTHONPATH: folder,
    PYTHONOPTIMIZE: "2",
    PYTHONWARNINGS: "error",
    PYTEST_ADDOPTS: "--collect-only",
    NO_COLOR: "1",
    FORCE_COLOR: "3",
    COLUMNS: "20",
    TERM: "dumb",
    OMP_NUM_THREADS: "3",
    HF_HUB_OFFLINE: "0",
    WANDB_MODE: "online",
  };
}
