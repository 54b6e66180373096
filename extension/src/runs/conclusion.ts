/** A conclusion, and its offsets in the file. */
export interface Conclusion {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Find a run's conclusion in `experiments.md`: the rest of the line after `**Conclusion:**` in the
 * run's last entry. The trainer writes only between the entry's marks, so it keeps the conclusion.
 */
export function findConclusion(content: string, name: string): Conclusion | undefined {
  const begin = content.lastIndexOf(`<!-- trainsmith: ${name.replaceAll(">", "&gt;")} -->`);
  if (begin < 0) return undefined;
  const next = content.indexOf(
    "<!-- trainsmith: ",
    content.indexOf("<!-- trainsmith: end ", begin) + 1,
  );
  const entry = content.slice(begin, next < 0 ? undefined : next);
  const found = /^\*\*Conclusion:\*\*(.*)$/m.exec(entry);
  if (!found) return undefined;
  const [line, text = ""] = found;
  const end = begin + found.index + line.length;
  return { start: end - text.length, end, text: text.trim() };
}
