/** The fields of a problem in the output of `trainsmith check` that a lesson shows. */
export interface Finding {
  readonly line: number;
  readonly code: string;
  readonly severity: string;
  readonly message: string;
}

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
