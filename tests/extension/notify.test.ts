import { beforeEach, expect, test, vi } from "vitest";

import { askText, pick, pickSeveral } from "../../extension/src/shared/notify";

const shown = vi.hoisted(() => ({ items: [] as unknown[], options: {} }));

vi.mock("vscode", () => ({
  window: {
    showQuickPick: async (items: unknown, options: { canPickMany?: boolean }) => {
      shown.items = (await items) as unknown[];
      shown.options = options;
      return options.canPickMany ? shown.items : shown.items[0];
    },
    showInputBox: (options: object) => {
      shown.options = options;
      return Promise.resolve("answer");
    },
  },
}));

const HOSTILE = "a$(trash)[b](command:x)\n\u202e";
const CLEAN = "a$ (trash)[b] (command:x) ";
const ITEM = { label: HOSTILE, description: HOSTILE, detail: HOSTILE, name: HOSTILE };
const OPTIONS = { title: HOSTILE, placeHolder: HOSTILE };

beforeEach(() => {
  shown.items = [];
  shown.options = {};
});

test("items and titles are shown as text, and an item is returned as it was", async () => {
  expect(await pick([ITEM], OPTIONS)).toBe(ITEM);
  expect(await pickSeveral([ITEM], OPTIONS)).toEqual([ITEM]);
  expect(shown.items).toMatchObject([{ label: CLEAN, description: CLEAN, detail: CLEAN }]);
  const title = CLEAN.replace("$ (", "$(");
  expect(shown.options).toMatchObject({ title, placeHolder: title });
});

test("a question is shown as text", async () => {
  expect(await askText({ ...OPTIONS, prompt: HOSTILE, value: HOSTILE })).toBe("answer");
  const title = CLEAN.replace("$ (", "$(");
  expect(shown.options).toEqual({ title, placeHolder: title, prompt: title, value: HOSTILE });
});
