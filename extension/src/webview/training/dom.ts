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

/** Fill an element anew, and leave in it what stays: focus, selection and scrolling do too. */
export function replace(host: Element, ...children: Node[]): void {
  const before = [...host.childNodes];
  children.forEach((child, index) => {
    const old = before[index];
    if (!old) host.append(child);
    else if (!update(old, child)) host.replaceChild(child, old);
  });
  for (const surplus of before.slice(children.length)) surplus.remove();
}

/** Make a node like another one of its kind; false for one of another kind. */
function update(old: Node, wanted: Node): boolean {
  if (old.nodeName !== wanted.nodeName) return false;
  if (!(old instanceof Element && wanted instanceof Element)) {
    if (old.textContent !== wanted.textContent) old.textContent = wanted.textContent;
    return true;
  }
  for (const { name } of [...old.attributes]) {
    if (!wanted.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (old instanceof HTMLInputElement) old.checked = wanted.hasAttribute("checked");
  replace(old, ...wanted.childNodes);
  return true;
}
