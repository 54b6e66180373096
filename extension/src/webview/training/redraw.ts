/**
 * Returns a function that requests a redraw: `draw` runs in the next frame, once for all requests
 * before it. A change of the theme requests one too.
 */
export function redrawer(draw: () => void): () => void {
  let requested = false;
  const request = (): void => {
    if (requested) return;
    requested = true;
    requestAnimationFrame(() => {
      requested = false;
      draw();
    });
  };
  // VS Code marks the theme with classes of the body.
  new MutationObserver(request).observe(document.body, { attributeFilter: ["class"] });
  return request;
}
