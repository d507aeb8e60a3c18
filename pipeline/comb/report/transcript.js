"use strict";
(() => {
  const form = document.querySelector("form");
  const state = document.querySelector(".state");
  const chips = Array.from(document.querySelectorAll(".chip"));
  const turns = Array.from(document.querySelectorAll(".turn"));
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [sheet];
  for (const input of form.elements) input.disabled = false;

  function hiddenClasses() {
    const hidden = new Set();
    for (const box of form.querySelectorAll("input[data-class]")) if (!box.checked) hidden.add(box.dataset.class);
    const least = Math.round(Number(form.elements.least.value) * 20);
    for (let step = 0; step < least; step++) hidden.add("s" + step);
    return hidden;
  }

  function apply() {
    const hidden = hiddenClasses();
    const names = Array.from(hidden);
    const all = (before) => names.map((name) => before + "." + name).join(",");
    sheet.replaceSync(names.length === 0 ? "" :
      all(".chip") + "," + all("sup") + "{display:none}" +
      all(".u") + "{border-bottom-color:transparent;background:none}");
    const shown = chips.filter((chip) => !Array.from(chip.classList).some((name) => hidden.has(name)));
    const only = form.elements.only.checked;
    const kept = new Set(shown.map((chip) => chip.closest(".turn")));
    for (const turn of turns) turn.hidden = only && !kept.has(turn);
    form.elements.least.nextElementSibling.value = Number(form.elements.least.value).toFixed(2);
    state.textContent = shown.length + " of " + chips.length + " codings shown";
  }

  function heat(event, on) {
    const chip = event.target.closest(".chip");
    if (!chip) return;
    for (const piece of document.querySelectorAll('[data-i="' + chip.dataset.of + '"]')) piece.classList.toggle("hot", on);
  }

  form.addEventListener("input", apply);
  form.addEventListener("click", (event) => {
    const which = event.target.dataset.all;
    if (which === undefined) return;
    for (const box of event.target.closest("fieldset").querySelectorAll("input")) box.checked = which === "1";
    apply();
  });
  for (const [name, on] of [["mouseover", true], ["mouseout", false], ["focusin", true], ["focusout", false]])
    document.querySelector("main").addEventListener(name, (event) => heat(event, on));
  apply();
})();
