/** A finding of `trainsmith check`, as far as a lesson shows it. */
export interface Finding {
  readonly line: number;
  readonly code: string;
  readonly severity: string;
  readonly message: string;
}

/** What became of a block that was checked or trained; shown beside it. */
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
