// Puts an order's number into the clipboard, where the browser allows it.
document.addEventListener("click", (event) => {
  const from = event.target.closest("[data-copy]");
  if (from && navigator.clipboard) navigator.clipboard.writeText(from.dataset.copy).catch(() => {});
});
