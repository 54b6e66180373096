/** What can be done with a block of code. */
export const ACTIONS = ["copy", "insert", "open", "check", "train", "terminal", "stop"] as const;
export type Action = (typeof ACTIONS)[number];

/** A block of code of a lesson. Its info string decides what may be done with it. */
export interface Block {
  readonly language: string;
  readonly text: string;
  readonly actions: readonly Action[];
  /** The code of the mistake that it shows. */
  readonly mistake: string | undefined;
}

/** The word of an info string that lets a block be run, by its language. */
const RUNS: Readonly<Record<string, Readonly<Record<string, Action>>>> = {
  yaml: { check: "check", run: "train" },
  bash: { run: "terminal" },
};

/** Whether an action starts a program; a workspace that is not trusted has none of them. */
export function isRun(action: Action): boolean {
  return action === "check" || action === "train" || action === "terminal";
}

/** A block by its info string, such as `yaml check expect=lr-too-high`, and its text. */
export function readBlock(info: string, text: string): Block {
  const [language = "", ...words] = info.trim().split(/\s+/);
  const runs = words.flatMap((word) => RUNS[language]?.[word] ?? []);
  const edits: Action[] = language === "yaml" ? ["insert", "open"] : [];
  const mistake = words.find((word) => word.startsWith("expect="))?.slice("expect=".length);
  return { language, text, actions: ["copy", ...edits, ...runs], mistake };
}
