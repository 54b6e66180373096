/** The actions of a block of code. */
export const ACTIONS = ["copy", "insert", "open", "check", "train", "terminal", "stop"] as const;
export type Action = (typeof ACTIONS)[number];

/** A block of code in a lesson. Its info string determines its actions. */
export interface Block {
  readonly language: string;
  readonly text: string;
  readonly actions: readonly Action[];
  /** The code of the mistake that the block shows. */
  readonly mistake: string | undefined;
}

/** The words of an info string that allow running a block, by language. */
const RUNS: Readonly<Record<string, Readonly<Record<string, Action>>>> = {
  yaml: { check: "check", run: "train" },
  bash: { run: "terminal" },
};

/** Whether an action starts a program, which only a trusted workspace allows. */
export function isRun(action: Action): boolean {
  return action === "check" || action === "train" || action === "terminal";
}

/** A block from its info string, such as `yaml check expect=lr-too-high`, and its text. */
export function readBlock(info: string, text: string): Block {
  const [language = "", ...words] = info.trim().split(/\s+/);
  const runs = words.flatMap((word) => RUNS[language]?.[word] ?? []);
  const edits: Action[] = language === "yaml" ? ["insert", "open"] : [];
  const mistake = words.find((word) => word.startsWith("expect="))?.slice("expect=".length);
  return { language, text, actions: ["copy", ...edits, ...runs], mistake };
}
