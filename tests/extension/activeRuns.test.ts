import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { TASK_TYPE, TASK_VARIABLE, type Run } from "../../extension/src/generated/protocol";
import { ActiveRuns } from "../../extension/src/runs/activeRuns";
import { type FailureActions, Failures } from "../../extension/src/runs/failures";

type Started = (event: { execution: unknown }) => void;
type Changed = (file: { fsPath: string }) => void;
type Ended = (event: { execution: unknown; exitCode: number }) => void;

const code = vi.hoisted(() => ({
  started: undefined as Started | undefined,
  ended: undefined as Ended | undefined,
  changed: undefined as Changed | undefined,
  running: [] as unknown[],
  opened: [] as string[],
  shown: new Map<string, { message: string }[]>(),
}));

vi.mock("vscode", () => {
  const nothing = { dispose: vi.fn() };
  class EventEmitter {
    private readonly listeners: ((value: unknown) => void)[] = [];
    event = (listener: (value: unknown) => void): unknown => {
      this.listeners.push(listener);
      return nothing;
    };
    fire(value: unknown): void {
      for (const listener of this.listeners) listener(value);
    }
  }
  const start = { with: () => start };
  const found = {
    set: (file: { fsPath: string }, all: { message: string }[]) =>
      void code.shown.set(file.fsPath, all),
    get: (file: { fsPath: string }) => code.shown.get(file.fsPath),
    forEach: () => undefined,
  };
  return {
    EventEmitter,
    CodeActionKind: { QuickFix: "quickfix" },
    Diagnostic: class {
      constructor(
        readonly range: unknown,
        readonly message: string,
      ) {}
    },
    Disposable: { from: () => nothing },
    ProcessExecution: class {
      constructor(
        readonly process: string,
        readonly args: string[],
        readonly options: unknown,
      ) {}
    },
    Uri: { file: (file: string) => ({ fsPath: file }) },
    commands: { executeCommand: vi.fn() },
    languages: {
      createDiagnosticCollection: () => found,
      registerCodeActionsProvider: () => nothing,
    },
    tasks: {
      onDidStartTask: (listener: Started) => ((code.started = listener), nothing),
      onDidEndTaskProcess: (listener: Ended) => ((code.ended = listener), nothing),
      get taskExecutions() {
        return code.running;
      },
    },
    window: { visibleTextEditors: [], showTextDocument: vi.fn() },
    workspace: {
      createFileSystemWatcher: () => ({
        onDidCreate: () => nothing,
        onDidChange: (listener: Changed) => ((code.changed = listener), nothing),
        dispose: vi.fn(),
      }),
      findFiles: () => Promise.resolve(runs.map(({ folder }) => events(folder))),
      getWorkspaceFolder: () => ({ uri: { fsPath: "/project" } }),
      onDidChangeTextDocument: () => nothing,
      openTextDocument: (file: { fsPath: string }) => {
        code.opened.push(file.fsPath);
        const range = { start, with: () => range };
        const line = { range, firstNonWhitespaceCharacterIndex: 0 };
        return Promise.resolve({ lineCount: 9, lineAt: () => line });
      },
    },
  };
});

const RECIPE = "/project/training.yaml";
const NOW = 1_000_000;

const run = (folder: string, more: Partial<Run>): Run =>
  ({
    ...{ name: folder, folder, started: NOW, lastStarted: NOW, state: "running" },
    ...{ config: RECIPE, task: null, ...more },
  }) as Run;

async function execution(identifier: string, task = "train"): Promise<unknown> {
  const { ProcessExecution } = await import("vscode");
  const options = { env: { [TASK_VARIABLE]: identifier } };
  const process = new ProcessExecution("python", [], options);
  const definition = { type: TASK_TYPE, task, config: RECIPE };
  return { task: { definition, execution: process, scope: { uri: { fsPath: "/project" } } } };
}

let runs: Run[] = [];
let failure: object | null = null;
let isServerThere = true;
const stored = new Map<string, unknown>();

function activeRuns(): ActiveRuns {
  const end = { kind: "failed", message: "failed", failure };
  const reader = {
    read: () => Promise.resolve(),
    dispose: vi.fn(),
    facts: { progress: { step: 0, end: failure ? end : undefined } },
  };
  const runningRuns = (given: readonly string[]): Promise<Run[] | undefined> => {
    const running = runs.filter(
      ({ state, folder }) => state === "running" && given.includes(folder),
    );
    return Promise.resolve(isServerThere ? running : undefined);
  };
  const server = { runs: () => Promise.resolve(runs), runningRuns, notifyOfRun: vi.fn() };
  const state = {
    get: (key: string, other: unknown) => stored.get(key) ?? other,
    update: (key: string, value: unknown) => Promise.resolve(void stored.set(key, value)),
  };
  const watcher = { watch: () => reader };
  const given = [server, watcher, state, console] as never[];
  return new ActiveRuns(...(given as [never, never, never, never]), () => []);
}

const events = (folder: string): { fsPath: string } => ({ fsPath: `${folder}/events.jsonl` });
const folders = (active: ActiveRuns): unknown[] => active.running.map(({ folder }) => folder);

beforeEach(() => {
  vi.useFakeTimers({ now: NOW * 1000 });
  runs = [];
  failure = null;
  isServerThere = true;
  stored.clear();
  code.running = [];
  code.opened = [];
  code.shown.clear();
});
afterEach(() => vi.useRealTimers());

test.each(["train", "resume"])("the run of a task to %s has its identifier", async (task) => {
  const active = activeRuns();
  code.started?.({ execution: await execution("own", task) });
  runs = [
    run("foreign", { started: 4e9, lastStarted: 4e9 }),
    run("guessed", { task: "other" }),
    run("earlier", { task: "own", lastStarted: NOW - 100, state: "finished" }),
  ];
  await vi.advanceTimersByTimeAsync(5000);
  expect(folders(active)).toEqual([undefined]);
  runs.push(run("own", { task: "own" }));
  await vi.advanceTimersByTimeAsync(5000);
  expect(folders(active)).toEqual(["own"]);
});

test("after a reload, a run is found that was found before", async () => {
  const first = activeRuns();
  code.started?.({ execution: await execution("own") });
  runs = [run("other", { lastStarted: 4e9 }), run("own", { task: "own" })];
  code.changed?.(events("other"));
  await vi.advanceTimersByTimeAsync(5000);
  expect(folders(first)).toEqual(["own", "other"]);
  code.running = [await execution("new")];
  const second = activeRuns();
  await vi.advanceTimersByTimeAsync(5000);
  expect(second.running.map(({ execution }) => execution !== undefined)).toEqual([true, false]);
  expect(folders(second)).toEqual(["own", "other"]);
});

test("a run of another program is followed until its process ends", async () => {
  runs = [run("/project/early", {}), run("/project/done", { state: "finished" })];
  const active = activeRuns();
  const ended: unknown[] = [];
  active.onDidEnd(({ folder, recipe }) => ended.push([folder, recipe.fsPath]));
  await vi.advanceTimersByTimeAsync(5000);
  expect(folders(active)).toEqual(["/project/early"]);
  runs.push(run("/project/late", {}));
  code.changed?.(events("/project/late"));
  await vi.advanceTimersByTimeAsync(5000);
  expect(folders(active)).toEqual(["/project/early", "/project/late"]);
  expect(active.running.map(({ execution }) => execution)).toEqual([undefined, undefined]);
  // A server that is restarted knows of no run, and none has ended.
  isServerThere = false;
  runs.push(run("/project/meanwhile", {}));
  code.changed?.(events("/project/meanwhile"));
  await vi.advanceTimersByTimeAsync(5000);
  expect(ended).toEqual([]);
  isServerThere = true;
  await vi.advanceTimersByTimeAsync(5000);
  expect(folders(active)).toContain("/project/meanwhile");
  runs.pop();
  runs[0] = run("/project/early", { state: "interrupted" });
  await vi.advanceTimersByTimeAsync(5000);
  expect(folders(active)).toEqual(["/project/late"]);
  expect(ended).toEqual([
    ["/project/early", RECIPE],
    ["/project/meanwhile", RECIPE],
  ]);
});

test("a task's run is not taken for one of another program", async () => {
  const active = activeRuns();
  code.started?.({ execution: await execution("own") });
  runs = [run("own", { task: "own" })];
  code.changed?.(events("own"));
  await vi.advanceTimersByTimeAsync(5000);
  expect(folders(active)).toEqual(["own"]);
  expect(active.running[0]?.execution).toBeDefined();
});

test.each([
  ["/project/model.yaml", "/project/model.yaml", true],
  [null, RECIPE, true],
  ["/etc/passwd", RECIPE, false],
  ["../../etc/passwd", RECIPE, false],
])("a failure in %s is shown in %s", async (file, shown, hasFix) => {
  failure = { file, line: 3, change: { key: "training_config.data_path", value: "x" } };
  const active = activeRuns();
  const documents = { recipes: () => [], models: () => [{ fsPath: "/project/model.yaml" }] };
  const writeOverrides = vi.fn(() => Promise.resolve(undefined));
  const failures = new Failures(active, { writeOverrides } as never, documents as never);
  const shownActions: unknown[] = [];
  active.onDidEnd((ended) => void failures.show(ended).then((one) => shownActions.push(one)));
  const task = await execution("own");
  code.started?.({ execution: task });
  runs = [run("own", { task: "own" })];
  await vi.advanceTimersByTimeAsync(5000);
  code.ended?.({ execution: task, exitCode: 1 });
  await vi.advanceTimersByTimeAsync(5000);
  expect(code.opened).toEqual([shown]);
  expect([...code.shown.keys()]).toEqual([shown]);
  const [found] = code.shown.get(shown) ?? [];
  const remedies = Reflect.get(failures, "remedies") as Map<unknown, { change: unknown }>;
  expect(remedies.get(found)?.change !== undefined).toBe(hasFix);
  const [actions] = shownActions as FailureActions[];
  await actions?.applyFix?.();
  const written = hasFix ? [[{ fsPath: RECIPE }, ['training_config.data_path="x"']]] : [];
  expect(writeOverrides.mock.calls).toEqual(written);
});
