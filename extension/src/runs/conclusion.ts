/** A piece of a text, as offsets. */
export interface Conclusion {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Where `experiments.md` has the conclusion of a run: the rest of the line behind `**Conclusion:**`
 * in its last entry. The trainer writes only between the entry's marks, so it stays.
 */
export function findConclusion(content: string, name: string): Conclusion | undefined {
  const begin = content.lastIndexOf(`<!-- trainsmith: ${name} -->`);
  if (begin < 0) return undefined;
  const next = content.indexOf(
    "<!-- trainsmith: ",
    content.indexOf("<!-- trainsmith: end ", begin) + 1,
  );
  const entry = content.slice(begin, next < 0 ? undefined : next);
  const found = /^\*\*Conclusion:\*\*[ \t]*(.*?)[ \t]*\r?$/m.exec(entry);
  if (!found) return undefined;
  const marker = "**Conclusion:**";
  const start = begin + found.index + marker.length;
  const end = begin + found.index + found[0].replace(/\r$/, "").length;
  return { start, end, text: found[1] ?? "" };
}
