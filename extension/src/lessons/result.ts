import type { Schema } from "../shared/schema";

/** The fields of a problem in the output of `trainsmith check` that a lesson shows. */
export interface Finding {
  readonly line: number;
  readonly code: string;
  readonly severity: string;
  readonly message: string;
}

/** The form of that output; other fields are ignored. */
export const FINDINGS_SCHEMA: Schema = {
  type: "array",
  items: {
    type: "object",
    properties: {
      line: { type: "integer" },
      code: { type: "string" },
      severity: { type: "string" },
      message: { type: "string" },
    },
    required: ["line", "code", "severity", "message"],
  },
};

/** The result of a block that was checked or trained, shown below it. */
export type BlockResult =
  | { readonly state: "running"; readonly text: string }
  | { readonly state: "checked"; readonly findings: readonly Finding[] }
  | {
      readonly state: "trained";
      readonly findings: readonly Finding[];
      readonly steps: number;
      readonly loss: number | null;
      readonly validationLoss: number | null;
    }
  | { readonly state: "failed"; readonly text: string };
