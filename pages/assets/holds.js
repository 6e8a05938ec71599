// Selects all orders of a group.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-select-group]")) return;
  for (const box of event.target.closest("section").querySelectorAll("input[name=order]")) box.checked = event.target.checked;
});

// An order that waits no more leaves the list, and the counts follow.
document.addEventListener("htmx:afterSettle", () => {
  const answered = document.getElementById("answered");
  for (const released of answered ? document.querySelectorAll(".held-row [data-released]") : []) {
    const row = released.closest(".held-row");
    const entry = document.createElement("li");
    entry.append(row.querySelector("summary strong").textContent, ": ", ...released.childNodes);
    answered.prepend(entry);
    for (const count of document.querySelectorAll("[data-held-count]")) {
      if (["all", row.dataset.reason].includes(count.dataset.heldCount)) count.textContent = Math.max(0, Number(count.textContent) - 1);
    }
    const group = row.closest("section");
    row.remove();
    if (!group.querySelector(".held-row")) group.remove();
  }
});
