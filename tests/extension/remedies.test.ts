import { expect, test } from "vitest";

import { remedies } from "../../extension/src/runs/remedies";

const after = (key: string, settings: Record<string, string>) =>
  remedies(key, new Map(Object.entries(settings))).map(({ values }) => values);

test("a learning rate is halved, or a tenth of it taken", () => {
  expect(after("learning_rate", { learning_rate: "0.003" })).toEqual([
    [["learning_rate", "0.0015"]],
    [["learning_rate", "0.0003"]],
  ]);
});

test("a small learning rate is written so that YAML 1.1 reads a number", () => {
  expect(after("lr", { lr: "1e-6" })).toEqual([[["lr", "5.0e-7"]], [["lr", "1.0e-7"]]]);
});

test("half the batch comes with twice the accumulation", () => {
  const values = [
    ["batch_size", "32"],
    ["gradient_accumulation_steps", "2"],
  ];
  expect(after("batch_size", { batch_size: "64" })).toEqual([values]);
  expect(after("batch_size", { batch_size: "64", gradient_accumulation_steps: "4" })).toEqual([
    [values[0], ["gradient_accumulation_steps", "8"]],
  ]);
});

test("what cannot be halved, or is not known, has no remedy", () => {
  expect(after("batch_size", { batch_size: "3" })).toEqual([]);
  expect(after("batch_size", {})).toEqual([]);
  expect(after("data_path", { data_path: "a.txt" })).toEqual([]);
});
