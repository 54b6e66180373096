import { expect, test } from "vitest";

import { recipeFrom } from "../../extension/src/recipes/recipes";

const TEMPLATE = `# First.
training_config:
  data_path: "data/text.txt"
  max_steps: 500

device_config:
  enable_ddp: false
  mesh_shape: [1, 1]
`;

test("a recipe has the path of the data and the devices of the board", () => {
  expect(recipeFrom(TEMPLATE, "device_config:\n  mesh_shape: [1, 2]", 'my "$&" text.txt')).toBe(
    `# First.
training_config:
  data_path: "my \\"$&\\" text.txt"
  max_steps: 500

device_config:
  mesh_shape: [1, 2]
`,
  );
});

test("without a board the template's device is kept", () => {
  expect(recipeFrom(TEMPLATE, "", "data/text.txt")).toBe(TEMPLATE);
});
