import * as vscode from "vscode";

import type { Action, Block } from "./blocks";
import type { Lesson } from "./lesson";
import type { LessonParts } from "./parts";
import type { BlockResult } from "./result";
import { checkBlock, trainBlock } from "./scratch";
import { runInTerminal } from "./terminal";

type OnResult = (block: number, result: BlockResult) => void;

/** Runs the blocks of an open lesson, and keeps the result of each. */
export class BlockRunner implements vscode.Disposable {
  private readonly results = new Map<number, BlockResult>();
  private readonly running = new Map<number, AbortController>();

  constructor(
    private readonly parts: LessonParts,
    private readonly lesson: Lesson,
    private readonly onResult: OnResult,
  ) {}

  /** Check a block, train it, or run it in a terminal. */
  async run(index: number, action: Action, block: Block): Promise<void> {
    if (!vscode.workspace.isTrusted || this.running.has(index)) return;
    if (action === "terminal") {
      await runInTerminal(this.parts, block.text);
      return;
    }
    const stopping = new AbortController();
    this.running.set(index, stopping);
    const text = action === "check" ? "Checking …" : "Training 20 steps …";
    this.set(index, { state: "running", text });
    const work = action === "check" ? checkBlock : trainBlock;
    try {
      const place = { lesson: this.lesson, index, signal: stopping.signal };
      this.set(index, await work(this.parts, place, block.text));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.set(index, { state: "failed", text: stopping.signal.aborted ? "Stopped." : message });
    } finally {
      this.running.delete(index);
    }
  }

  stop(index: number): void {
    this.running.get(index)?.abort();
  }

  /** Send all results again, to a page that was hidden and lost them. */
  sendAll(): void {
    for (const [block, result] of this.results) this.onResult(block, result);
  }

  dispose(): void {
    for (const stopping of this.running.values()) stopping.abort();
  }

  private set(block: number, result: BlockResult): void {
    this.results.set(block, result);
    this.onResult(block, result);
  }
}
