/** The only element of its kind; the page has it from the start. */
export function element(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`The page has no ${selector}.`);
  return found;
}

/** A new element with what is in it. */
export function make(
  name: string,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElement {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const shown = new WeakMap<HTMLElement, string>();

/** Fill an element anew, but only if it would look different: focus and selection stay. */
export function replace(host: HTMLElement, ...children: HTMLElement[]): void {
  const html = children.map(({ outerHTML }) => outerHTML).join("");
  if (shown.get(host) === html) return;
  shown.set(host, html);
  const focused = host.contains(document.activeElement) ? document.activeElement?.id : undefined;
  host.replaceChildren(...children);
  if (focused) document.getElementById(focused)?.focus();
}
