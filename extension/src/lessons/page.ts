import { escapeHtml } from "../shared/webviews";
import type { Lesson } from "./lesson";
import { commandToOpen } from "./links";
import type { Rendered } from "./render";

/** The body of a lesson's page: the facts, the text, and links to the neighbouring lessons. */
export function lessonBody(
  lesson: Lesson,
  { html }: Rendered,
  lessons: readonly Lesson[],
  trusted: boolean,
): string {
  const place = lessons.findIndex(({ id }) => id === lesson.id);
  const facts = [`Lesson ${place + 1} of ${lessons.length}`, `about ${lesson.minutes} minutes`];
  const needs = lesson.needs.length > 0 ? `<br>Needs: ${escapeHtml(lesson.needs.join(", "))}` : "";
  const untrusted = trusted
    ? ""
    : '<p class="meta" role="note">The workspace is not trusted, so nothing runs here.</p>';
  return `<main data-lesson="${escapeHtml(lesson.id)}" data-trusted="${trusted}">
<p class="meta">${facts.join(" · ")}${needs}</p>
${untrusted}
${html}
</main>
<nav aria-label="Lessons">
${neighbour("Previous", lessons[place - 1])}
${neighbour("Next", lessons[place + 1])}
</nav>`;
}

function neighbour(which: "Previous" | "Next", lesson: Lesson | undefined): string {
  if (!lesson) return "<span></span>";
  const href = escapeHtml(commandToOpen(lesson.id));
  return `<a class="${which.toLowerCase()}" href="${href}">${which}: ${escapeHtml(lesson.title)}</a>`;
}
