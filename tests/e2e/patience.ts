import { expect } from "@playwright/test";

/** Milliseconds that a test waits for what has to come; no result depends on its speed. */
export const PATIENCE = 120_000;

/**
 * Try again what the workbench may swallow, as a key that comes while a panel is drawn. Each
 * attempt waits twice as long as the one before, so that a busy machine gets to the end of one.
 */
export async function persist(attempt: (patience: number) => Promise<void>): Promise<void> {
  let patience = 1000;
  await expect(async () => {
    patience = Math.min(2 * patience, PATIENCE);
    await attempt(patience);
  }).toPass();
}
