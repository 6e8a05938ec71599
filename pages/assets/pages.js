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

// The browser's own time zone can be chosen too.
document.addEventListener("DOMContentLoaded", () => {
  const list = document.querySelector("[data-zones]");
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!list || !own) return;
  const known = [...list.options].find((option) => option.value === own);
  const option = known ?? list.appendChild(new Option("", own));
  option.text = list.dataset.zones.replace("*", own);
});

// What grows old is renewed: "3 min ago", and buttons that wait for a time.
const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
function renew() {
  const say = new Intl.RelativeTimeFormat(document.documentElement.lang, { style: "short", numeric: "always" });
  for (const time of document.querySelectorAll("time[data-relative]")) {
    const past = (Date.now() - Date.parse(time.dateTime)) / 1000;
    const unit = units.find(([, size]) => past >= size);
    if (unit) time.textContent = say.format(-Math.floor(past / unit[1]), unit[0]);
  }
  for (const button of document.querySelectorAll("button[data-from]")) {
    if (Date.parse(button.dataset.from) > Date.now()) continue;
    button.disabled = false;
    button.setAttribute("aria-label", button.dataset.name);
    delete button.dataset.from;
    button.querySelector(".from")?.remove();
  }
}
setInterval(renew, 15000);

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
