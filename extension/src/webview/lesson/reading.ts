/** How long the end of a section has to be seen until the section counts as read. */
const MILLISECONDS = 1000;

/**
 * Tell the id of each section's heading once the end of the section was seen for a while.
 *
 * The function that comes back begins anew: what is in sight then counts when the reader moves on.
 */
export function watchReading(main: HTMLElement, tell: (heading: string) => void): () => void {
  const timers = new Map<Element, ReturnType<typeof setTimeout>>();
  const headings = new Map(sectionEnds(main));
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      clearTimeout(timers.get(target));
      const id = headings.get(target);
      if (!isIntersecting || id === undefined) continue;
      const read = (): void => {
        observer.unobserve(target);
        tell(id);
      };
      timers.set(target, setTimeout(read, MILLISECONDS));
    }
  });
  const watch = (): void => {
    for (const end of headings.keys()) observer.observe(end);
  };
  watch();
  return () => {
    observer.disconnect();
    timers.forEach(clearTimeout);
    window.addEventListener("scroll", watch, { once: true });
  };
}

/** The last element of each section, and the id of the section's heading. */
function sectionEnds(main: HTMLElement): [Element, string][] {
  const headings = [...main.querySelectorAll("h2")];
  return headings.map((heading, index) => {
    const next = headings[index + 1];
    return [next?.previousElementSibling ?? main.lastElementChild ?? heading, heading.id];
  });
}
