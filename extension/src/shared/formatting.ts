import type { Advice, Difference, RunRecord } from "../generated/reports";

/** The changes since the parent run in short: `learning rate 0.0003 → 0.001, and 1 more`. */
export function changesInShort({ changes }: RunRecord): string | undefined {
  const [first, ...others] = [...(changes ?? [])].sort(
    (one, other) => Number(other.matters) - Number(one.matters),
  );
  if (!first) return undefined;
  const more = others.length > 0 ? `, and ${others.length} more` : "";
  return `${changeText(first)}${more}`;
}

/** One setting before and after: `learning rate 0.0003 → 0.001`. */
export function changeText({ what, values }: Difference): string {
  return `${what} ${values.join(" → ")}`;
}

/** How many of the changes can affect what the model learns. */
export function countMatter(changes: readonly Difference[] | null): number {
  return (changes ?? []).filter(({ matters }) => matters).length;
}

/** The result of a run, with the step unless it has finished. */
export function resultText({ state, step, total_steps, loss }: RunRecord): string {
  const result = loss === null ? [] : [`loss ${loss.toFixed(3)}`];
  const far = `step ${step.toLocaleString("en")}/${total_steps.toLocaleString("en")}`;
  return [...(state === "finished" ? [] : [far]), ...result].join(" · ");
}

/** A change that the losses suggest: `overfitting (…): try dropout_prob 0.2`. */
export function adviceText({ symptom, evidence, change }: Advice): string {
  return `${symptom} (${evidence}): try ${change.key.split(".").at(-1) ?? ""} ${String(change.value)}`;
}

const SIZES = ["bytes", "kB", "MB", "GB", "TB"];

/** A number of bytes in powers of 1000, as in the trainer's log: `181 MB`. */
export function sizeText(bytes: number): string {
  const rounded = Number(bytes.toPrecision(3));
  const power = Math.min(Math.floor(Math.log10(Math.max(rounded, 1)) / 3), SIZES.length - 1);
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${SIZES[power] ?? ""}`;
}

/** A value as YAML 1.1, where `5.0e-7` is a number but `5e-7` is text. */
export function yamlOf(value: unknown): string {
  if (typeof value !== "number") return JSON.stringify(value);
  const [mantissa = "", exponent] = String(Number(value.toPrecision(6))).split("e");
  if (exponent === undefined) return mantissa;
  return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}e${exponent}`;
}
