import type { BlockResult, Finding } from "../../lessons/result";

/** Show the result of a block below it. */
export function showResult(block: number, result: BlockResult): void {
  const figure = document.querySelector(`figure[data-block="${block}"]`);
  const place = figure?.querySelector(".result");
  if (!figure || !place) return;
  const running = result.state === "running";
  figure.setAttribute("aria-busy", String(running));
  place.replaceChildren(...lines(result));
  place.className = `result ${result.state}`;
  const button = figure.querySelector<HTMLButtonElement>("button[data-action]");
  if (button) setRunning(button, running);
}

/** The first button of a block starts it, or stops it while it runs. */
function setRunning(button: HTMLButtonElement, running: boolean): void {
  const { start, title } = button.dataset;
  button.dataset.start = start ?? button.dataset.action ?? "";
  button.dataset.title = title ?? button.textContent;
  button.dataset.action = running ? "stop" : button.dataset.start;
  button.textContent = running ? "Stop" : button.dataset.title;
}

function lines(result: BlockResult): HTMLElement[] {
  switch (result.state) {
    case "running":
    case "failed":
      return [paragraph(result.text)];
    case "checked":
      return result.findings.length === 0
        ? [paragraph("Checked: no errors and no warnings.")]
        : [list(result.findings)];
    case "trained": {
      const { steps, loss, validationLoss } = result;
      const losses = [
        ...(loss === null ? [] : [`loss ${loss.toFixed(4)}`]),
        ...(validationLoss === null ? [] : [`validation loss ${validationLoss.toFixed(4)}`]),
      ];
      const text = `Trained ${steps} steps: ${losses.join(", ")}.`;
      return [paragraph(text), ...(result.findings.length > 0 ? [list(result.findings)] : [])];
    }
  }
}

function paragraph(text: string): HTMLElement {
  const element = document.createElement("p");
  element.textContent = text;
  return element;
}

function list(findings: readonly Finding[]): HTMLElement {
  const element = document.createElement("ul");
  for (const { severity, code, line, message } of findings) {
    const item = document.createElement("li");
    item.className = severity;
    item.append(`Line ${line}, ${severity} ${code}: `, ...withCode(message));
    element.append(item);
  }
  return element;
}

/** A message, with the text between backticks as code. */
function withCode(message: string): (string | HTMLElement)[] {
  return message.split("`").map((part, index) => {
    if (index % 2 === 0) return part;
    const code = document.createElement("code");
    code.textContent = part;
    return code;
  });
}
