import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { RUN_FILES } from "../../extension/src/generated/protocol";
import type { ActiveRuns } from "../../extension/src/runs/activeRuns";
import { RunList } from "../../extension/src/runs/list";
import { trainerReport } from "../../extension/src/server/commandLine";

type Changed = (file: { fsPath: string }) => void;

/** The list's listener for changes of VS Code's file watcher. */
const write = vi.hoisted(() => ({ changed: undefined as Changed | undefined }));

vi.mock("vscode", () => {
  const nothing = { dispose: vi.fn() };
  const watcher = {
    ...{ ...nothing, onDidCreate: () => nothing, onDidDelete: () => nothing },
    onDidChange: (listener: Changed) => {
      write.changed = listener;
      return nothing;
    },
  };
  const files = ["/w/one/a-001", "/w/one/a-002", "/w/two/b-001"];
  return {
    Disposable: { from: () => nothing },
    EventEmitter: class {
      event = vi.fn();
      fire = vi.fn();
    },
    workspace: {
      createFileSystemWatcher: () => watcher,
      findFiles: () =>
        Promise.resolve(files.map((file) => ({ fsPath: `${file}/${RUN_FILES.events}` }))),
    },
  };
});
vi.mock("../../extension/src/server/commandLine", () => ({ trainerReport: vi.fn() }));

const LISTING_MILLISECONDS = 9000;
let atOnce = 0;
let most = 0;
const listing = vi.mocked(trainerReport);

beforeEach(() => {
  vi.useFakeTimers();
  atOnce = most = 0;
  listing.mockReset();
  listing.mockImplementation(async () => {
    most = Math.max(most, ++atOnce);
    await new Promise((resolve) => setTimeout(resolve, LISTING_MILLISECONDS));
    atOnce--;
    return { folder: "", runs: [], unreadable: [] };
  });
});
afterEach(() => vi.useRealTimers());

function makeList(): RunList {
  const active = { running: [], onDidEnd: vi.fn(), onDidChange: vi.fn() };
  const never = (): never => {
    throw new Error("not used");
  };
  return new RunList(
    never as never,
    active as unknown as ActiveRuns,
    { get: vi.fn(), update: vi.fn(), keys: () => [] },
    { error: vi.fn() } as never,
  );
}

/** Another program's run writes an event every second. */
async function writeFor(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    write.changed?.({ fsPath: `/w/one/a-001/${RUN_FILES.events}` });
    await vi.advanceTimersByTimeAsync(1000);
  }
}

test("slow listings never overlap, and take at most half of the time", async () => {
  const list = makeList();
  list.setVisible(true);
  void list.all();
  await writeFor(600);
  expect(most).toBe(1);
  expect(listing.mock.calls.length * LISTING_MILLISECONDS).toBeLessThanOrEqual(330_000);
  expect(listing.mock.calls.length).toBeGreaterThan(20);
});

test("a hidden list is refreshed only on request", async () => {
  const list = makeList();
  list.setVisible(true);
  void list.all();
  await vi.advanceTimersByTimeAsync(20_000);
  list.setVisible(false);
  await writeFor(600);
  expect(listing).toHaveBeenCalledTimes(2);
  void list.all();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(listing).toHaveBeenCalledTimes(4);
});

test("runs that cannot be read do not affect the others", async () => {
  listing.mockImplementation((_server, [, parent = ""]) => {
    if (parent === "/w/two") return Promise.reject(new Error("it failed"));
    const bad = { name: "bad", folder: `${parent}/bad`, reason: "events.jsonl is empty" };
    const good = { name: "good", folder: `${parent}/good`, started: 1 };
    return Promise.resolve({ folder: parent, runs: [good], unreadable: [bad] });
  });
  const list = makeList();
  expect((await list.all()).map(({ name }) => name)).toEqual(["good"]);
  expect(list.unreadable.map(({ name }) => name)).toEqual(["bad"]);
});

test("a request during a refresh gets the known runs", async () => {
  const list = makeList();
  list.setVisible(true);
  void list.all();
  await vi.advanceTimersByTimeAsync(20_000);
  void list.refresh();
  expect(await list.all()).toEqual([]);
});
