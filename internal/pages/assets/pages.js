// What forms cannot do by themselves. Without it they have buttons.
document.documentElement.classList.add("live");

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});
