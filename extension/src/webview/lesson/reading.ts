/** How long the end of a section must be visible until the section is read. */
const MILLISECONDS = 1000;

export interface Reading {
  readonly start: () => void;
  readonly reset: () => void;
}

/**
 * Call `onRead` with the id of a section's heading when the end of the section was visible for a
 * while.
 *
 * @returns `start`, to be called when the page is at its position, and `reset`, which makes all
 * sections unread; sections that are visible are read again only after the next scroll.
 */
export function watchReading(main: HTMLElement, onRead: (heading: string) => void): Reading {
  const timers = new Map<Element, ReturnType<typeof setTimeout>>();
  const headings = new Map(sectionEnds(main));
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      clearTimeout(timers.get(target));
      const id = headings.get(target);
      if (!isIntersecting || id === undefined) continue;
      const read = (): void => {
        observer.unobserve(target);
        onRead(id);
      };
      timers.set(target, setTimeout(read, MILLISECONDS));
    }
  });
  const watch = (): void => {
    for (const end of headings.keys()) observer.observe(end);
  };
  const reset = (): void => {
    observer.disconnect();
    timers.forEach(clearTimeout);
    window.addEventListener("scroll", watch, { once: true });
  };
  return { start: watch, reset };
}

/** The last element of each section, and the id of the section's heading. */
function sectionEnds(main: HTMLElement): [Element, string][] {
  const headings = [...main.querySelectorAll("h2")];
  return headings.map((heading, index) => {
    const next = headings[index + 1];
    return [next?.previousElementSibling ?? main.lastElementChild ?? heading, heading.id];
  });
}
