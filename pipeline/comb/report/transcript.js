"use strict";
(() => {
  /** @template {Element} T @param {string} selector @returns {T} the page's own element; the template has one of each */
  const one = (selector) => /** @type {T} */ (document.querySelector(selector));
  const form = /** @type {HTMLFormElement} */ (one("form"));
  const state = one(".state");
  const least = /** @type {HTMLInputElement} */ (form.elements.namedItem("least"));
  const only = /** @type {HTMLInputElement} */ (form.elements.namedItem("only"));
  const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("input[data-class]"));
  const chips = Array.from(document.querySelectorAll(".chip"));
  const turns = /** @type {HTMLElement[]} */ (Array.from(document.querySelectorAll(".turn")));
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [sheet];
  for (const input of form.elements) /** @type {HTMLInputElement} */ (input).disabled = false;

  /** @returns {Set<string>} */
  function hiddenClasses() {
    const hidden = new Set();
    for (const box of boxes) if (!box.checked) hidden.add(box.dataset.class);
    const steps = Math.round(Number(least.value) * 20);
    for (let step = 0; step < steps; step++) hidden.add("s" + step);
    return hidden;
  }

  function apply() {
    const hidden = hiddenClasses();
    const names = Array.from(hidden);
    /** @param {string} before */
    const all = (before) => names.map((name) => before + "." + name).join(",");
    sheet.replaceSync(names.length === 0 ? "" :
      all(".chip") + "," + all("sup") + "{display:none}" +
      all(".u") + "{border-bottom-color:transparent;background:none}");
    const shown = chips.filter((chip) => !Array.from(chip.classList).some((name) => hidden.has(name)));
    const kept = new Set(shown.map((chip) => chip.closest(".turn")));
    for (const turn of turns) turn.hidden = only.checked && !kept.has(turn);
    /** @type {HTMLOutputElement} */ (least.nextElementSibling).value = Number(least.value).toFixed(2);
    state.textContent = shown.length + " of " + chips.length + " codings shown";
  }

  /** Mark the words of the chip under the pointer or the focus. @param {Event} event @param {boolean} on */
  function heat(event, on) {
    const chip = /** @type {Element} */ (event.target).closest(".chip");
    if (!(chip instanceof HTMLElement)) return;
    for (const piece of document.querySelectorAll('[data-i="' + chip.dataset.of + '"]')) piece.classList.toggle("hot", on);
  }

  form.addEventListener("input", apply);
  form.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target);
    const which = button.dataset.all;
    if (which === undefined) return;
    const inputs = /** @type {NodeListOf<HTMLInputElement>|undefined} */ (button.closest("fieldset")?.querySelectorAll("input"));
    for (const box of inputs ?? []) box.checked = which === "1";
    apply();
  });
  const main = one("main");
  for (const name of ["mouseover", "focusin"]) main.addEventListener(name, (event) => heat(event, true));
  for (const name of ["mouseout", "focusout"]) main.addEventListener(name, (event) => heat(event, false));
  apply();
})();
