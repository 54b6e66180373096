import { visibleText } from "../../shared/plainText";

/** An element that the page has from the start. */
export function element(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`The page has no ${selector}.`);
  return found;
}

/** A new element with attributes and children; text may come from outside. */
export function make(
  name: string,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElement {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, visibleText(value));
  made.append(...children.map((child) => (typeof child === "string" ? visibleText(child) : child)));
  return made;
}

/** Replace an element's children; unchanged nodes are kept, with their focus and scrolling. */
export function replace(host: Element, ...children: Node[]): void {
  const before = [...host.childNodes];
  children.forEach((child, index) => {
    const old = before[index];
    if (!old) host.append(child);
    else if (!update(old, child)) host.replaceChild(child, old);
  });
  for (const surplus of before.slice(children.length)) surplus.remove();
}

/** Update a node to match another. Returns false if they are of different kinds. */
function update(old: Node, target: Node): boolean {
  if (old.nodeName !== target.nodeName) return false;
  if (!(old instanceof Element && target instanceof Element)) {
    if (old.textContent !== target.textContent) old.textContent = target.textContent;
    return true;
  }
  for (const { name } of [...old.attributes]) {
    if (!target.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of target.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (old instanceof HTMLInputElement) old.checked = target.hasAttribute("checked");
  replace(old, ...target.childNodes);
  return true;
}
