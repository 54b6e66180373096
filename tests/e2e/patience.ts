import { expect } from "@playwright/test";

/** How many milliseconds a test waits for a result; no result depends on speed. */
export const PATIENCE = 120_000;

/**
 * Repeat an action that the workbench may swallow, such as a key while a panel is being drawn. Each
 * attempt waits twice as long as the one before, so that one succeeds on a busy machine too.
 */
export async function persist(attempt: (patience: number) => Promise<void>): Promise<void> {
  let patience = 1000;
  await expect(async () => {
    patience = Math.min(2 * patience, PATIENCE);
    await attempt(patience);
  }).toPass();
}
