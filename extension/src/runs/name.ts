import * as path from "node:path";

/** A run's name: the recipe's, and when it started, so that names sort by time. */
export function runName(config: string, now: Date): string {
  const pad = (value: number): string => String(value).padStart(2, "0");
  const day = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map(pad).join("");
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(pad).join("");
  return `${path.parse(config).name}-${day}-${time}`;
}
