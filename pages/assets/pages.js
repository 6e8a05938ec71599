// What forms cannot do by themselves. Without it they have buttons.
document.documentElement.classList.add("live");

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// A box that ticks all others of a name.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-select-all]")) return;
  for (const box of document.getElementsByName(event.target.dataset.selectAll)) box.checked = event.target.checked;
});

// An answer that is no part of the page is told at its top.
for (const failed of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failed, (event) => {
    if (event.detail.xhr?.getResponseHeader("HX-Redirect")) return;
    const answer = new DOMParser().parseFromString(event.detail.xhr?.responseText ?? "", "text/html");
    const trouble = document.getElementById("trouble");
    trouble.textContent = answer.querySelector("[role=alert]:not([hidden])")?.textContent ?? trouble.dataset.text;
    trouble.hidden = false;
  });
}
document.addEventListener("htmx:afterSwap", () => { document.getElementById("trouble").hidden = true; });
