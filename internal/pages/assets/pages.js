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
