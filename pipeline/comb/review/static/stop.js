/** The button that stops comb: there may be no terminal to stop it in. */

import { post, whatWentWrong } from "./api.js";
import { element } from "./dom.js";
import { alarm, confirm } from "./say.js";
import { html, render } from "./vendor/lit-html.js";

element("stop").addEventListener("click", () => void stop());

async function stop() {
  const body = html`<p>Every decision is saved as you make it. All studies that are open in comb will be closed. To continue later, start comb again.</p>`;
  if (!(await confirm("Stop comb?", body, "Stop comb"))) return;
  try {
    await post("/api/stop");
  } catch (error) {
    return alarm(...whatWentWrong(error));
  }
  const main = document.createElement("main");
  main.id = "main";
  main.className = "stopped";
  document.querySelector("header")?.remove();
  render(html`<h1 tabindex="-1">comb has stopped</h1><p>You can close this window.</p>`, main);
  document.body.className = "page narrow";
  document.body.replaceChildren(main);
  main.querySelector("h1")?.focus();
  document.title = "comb has stopped";
}
